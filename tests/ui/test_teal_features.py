"""Every feature of TEAL (stsci.tools 4.3.1, as drizzlepac 3.11 used it), and what has become of it here.

Each row names the test that covers the feature, or says in words why ours does it otherwise. Sections follow the
inventory of TEAL: 1 start and return values, 2 window, 3 menus, 4 widgets and editing, 5 defaults, 6 execute, 7 what
greys what, 8 buttons for further sets, 9 files and environment, 12 what a replacement has to cover.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORM = "tests/ui/panels/test_form.py::"
STATE = "tests/ui/panels/test_form_state.py::"
KEYS = "tests/ui/panels/test_keys.py::"
KINDS = "tests/ui/panels/test_kinds.py::"
HELP = "tests/ui/panels/test_help.py::"
PROBLEMS = "tests/ui/test_problems.py::"
WINDOW = "tests/ui/test_window.py::"
SETS = "tests/ui/test_sets.py::"
SESSIONS = "tests/ui/test_sessions.py::"
OUTCOMES = "tests/ui/test_outcomes.py::"
CFG = "tests/core/params/test_params_cfg.py::"
OLD = "tests/core/params/test_params_old.py::"
LIVE = "tests/core/params/test_params_live.py::"
ON_DATA = "tests/core/params/test_params_ondata.py::"
COMMAND = "tests/app/test_params_command.py::"
PEER = "tests/peers/test_cfg_teal.py::"


class Otherwise(str):
    """Ours does it otherwise, and why."""


Cover = str | Otherwise

ROWS: list[tuple[str, str, tuple[Cover, ...]]] = [
    # ---- 1 starting, stopping, return values
    (
        "1",
        "teal.teal opens a task by name or by a .cfg file",
        (WINDOW + "test_parameter_files_open_save_and_mark_what_is_not_saved",),
    ),
    (
        "1",
        "returnAs dict / status",
        (
            Otherwise(
                "Nothing calls the form as a function; scripts use the command line or core.params, which return sets."
            ),
            COMMAND + "test_a_set_is_shown_with_units_and_sections",
        ),
    ),
    (
        "1",
        "loadOnly: values without a window",
        (COMMAND + "test_a_set_is_shown_with_units_and_sections", CFG + "test_written_and_read"),
    ),
    (
        "1",
        "canExecute: no Execute where nothing can run",
        (
            PROBLEMS + "test_a_run_is_refused_with_errors_and_offered_with_warnings",
            "tests/ui/test_session.py::test_nothing_without_exposures",
        ),
    ),
    (
        "1",
        "autoClose: Save & Quit",
        (Otherwise("The window stays open after a run, for its results are in it."),),
    ),
    (
        "1",
        "defaults=True: open with defaults",
        (
            Otherwise("The window always opens with the defaults or the session; no file is used unasked."),
            COMMAND + "test_stray_parameter_files_are_not_read",
        ),
    ),
    (
        "1",
        "errorsToTerm: errors to the terminal",
        (
            COMMAND + "test_tracebacks_only_with_debug",
            WINDOW + "test_errors_nobody_caught_are_told_in_the_log",
        ),
    ),
    ("1", "teal.unlearn forgets saved settings", (SETS + "test_forget_my_settings",)),
    (
        "1",
        "teal.diffFromDefaults",
        (COMMAND + "test_only_the_differences", SETS + "test_all_parameters_and_the_difference_as_text"),
    ),
    (
        "1",
        "teal.print_tasknames on import",
        (Otherwise("There are four tasks and all of them are in the window."),),
    ),
    (
        "1",
        "teal.getHelpFileAsString",
        (
            HELP + "test_the_page_of_every_parameter_tells_all_that_is_declared",
            "tests/core/params/test_params_declarations.py::test_described",
        ),
    ),
    (
        "1",
        "teal.log_last_error",
        (WINDOW + "test_an_error_of_the_engine_keeps_its_traceback_and_the_window_lives",),
    ),
    ("1", "no display", (COMMAND + "test_no_screen_is_said",)),
    (
        "1",
        "TweakReg(editpars=True), AstroDrizzle(editpars=True)",
        (Otherwise("drizzlepac removed them; the window is opened by drizzledesk FILES."),),
    ),
    # ---- 2 window layout
    (
        "2",
        "title with the file of the set, [installed], [read only]",
        (
            WINDOW + "test_parameter_files_open_save_and_mark_what_is_not_saved",
            SETS + "test_a_protected_file_is_refused",
        ),
    ),
    ("2", "header box with package and task", (FORM + "test_the_reference_has_its_form_in_the_same_panel",)),
    (
        "2",
        "menu bar and toolbar",
        (
            WINDOW + "test_align_apply_drizzle",
            "tests/ui/test_accessible.py::test_every_control_of_the_window_has_a_name",
        ),
    ),
    (
        "2",
        "name, value and description in three columns",
        (
            HELP + "test_the_wide_form_has_a_sentence_beside_each_field",
            PROBLEMS + "test_the_wide_form_takes_the_window_and_gives_it_back",
        ),
    ),
    ("2", "sections in the order of the steps, with titles", (FORM + "test_every_parameter_can_be_edited",)),
    (
        "2",
        "fixed width, 500 pixels high with a scroll bar",
        (
            Otherwise("The form takes the room it is given, narrow or wide."),
            HELP + "test_the_help_stands_where_there_is_room",
        ),
    ),
    ("2", "status bar", (OUTCOMES + "test_outcomes_in_the_status_bar",)),
    (
        "2",
        "changed values in another colour; colours may be changed",
        (
            HELP + "test_marks_are_counted_in_the_heading_and_worst_problems_shown",
            WINDOW + "test_both_looks_draw_every_view",
        ),
    ),
    (
        "2",
        "child windows for further sets",
        (
            Otherwise("Source finding stands in the same window."),
            FORM + "test_the_reference_has_its_form_in_the_same_panel",
        ),
    ),
    ("2", "(missing there) search", (FORM + "test_search_finds_by_name_and_by_words_of_the_help",)),
    (
        "2",
        "(missing there) sections that close",
        (KEYS + "test_a_heading_by_arrows_and_its_switch_by_letters",),
    ),
    ("2", "(missing there) undo and redo", (STATE + "test_undo_goes_back_over_all_forms_in_order",)),
    # ---- 3 menus
    ("3", "File > Execute", (WINDOW + "test_align_apply_drizzle",)),
    ("3", "File > Save", (WINDOW + "test_parameter_files_open_save_and_mark_what_is_not_saved",)),
    ("3", "File > Save to a protected file goes elsewhere", (SETS + "test_a_protected_file_is_refused",)),
    (
        "3",
        "File > Save As, with a check of the values",
        (WINDOW + "test_parameter_files_open_save_and_mark_what_is_not_saved",),
    ),
    (
        "3",
        "Save As makes the file read-only",
        (
            Otherwise(
                "A set that was just saved is a set that will be changed; files keep the mode they have."
            ),
        ),
    ),
    ("3", "File > Defaults", (SETS + "test_all_defaults_asks_for_what_is_not_saved_and_can_be_undone",)),
    (
        "3",
        "File > Close asks about unsaved changes",
        (SESSIONS + "test_a_changed_session_is_asked_about_and_saved_at_the_close",),
    ),
    (
        "3",
        "File > Cancel discards without asking",
        (
            Otherwise("Nothing is discarded without a question."),
            SETS + "test_opening_over_unsaved_changes_asks_first",
        ),
    ),
    (
        "3",
        "Open: list of files of the task, Other",
        (SETS + "test_recent_files_live_in_a_file_and_what_is_gone_is_grey",),
    ),
    (
        "3",
        "Open refuses a file of another task",
        (
            Otherwise("A file is opened into the form of the task that it names."),
            COMMAND + "test_a_file_of_another_task_is_refused",
            SETS + "test_a_file_of_another_task_is_refused_in_the_dialog",
        ),
    ),
    (
        "3",
        "Open overwrites unsaved changes without asking",
        (SETS + "test_opening_over_unsaved_changes_asks_first",),
    ),
    (
        "3",
        "Options > help in a window or in the browser",
        (
            Otherwise("Help stands beside the form, where the parameter is."),
            PROBLEMS + "test_the_choice_of_the_help_page_is_kept",
        ),
    ),
    (
        "3",
        "Options > Save and Close on Execute",
        (
            Otherwise("A run takes the values of the form; saving is a step of its own."),
            WINDOW + "test_a_run_works_on_a_snapshot",
        ),
    ),
    (
        "3",
        "Options > Flag Non-default Values",
        (FORM + "test_only_changed", HELP + "test_marks_are_counted_in_the_heading_and_worst_problems_shown"),
    ),
    ("3", "Help > task help", (HELP + "test_the_page_of_every_parameter_tells_all_that_is_declared",)),
    ("3", "Help > TEAL help", (OUTCOMES + "test_f1_lists_the_keys_of_the_blink_view",)),
    ("3", "Help > Show TEAL Log", (OUTCOMES + "test_the_log_shows_its_newest_line_also_when_it_was_hidden",)),
    (
        "3",
        "options kept in ~/.teal/teal.cfg",
        (PROBLEMS + "test_the_choice_of_the_help_page_is_kept", SETS + "test_forget_my_settings"),
    ),
    # ---- 4 widgets and editing
    ("4", "bool: Yes / No, keys y, n, space", (KEYS + "test_a_switch_by_space_y_and_n",)),
    (
        "4",
        "choice: drop-down, first letters",
        (
            KEYS + "test_a_choice_by_arrows_and_letters_but_not_in_passing",
            KINDS + "test_choices_are_listed_with_their_sentences",
        ),
    ),
    ("4", "str: entry field", (STATE + "test_any_text_in_any_field_is_kept",)),
    ("4", "int, float, or none: empty or INDEF", (FORM + "test_empty_is_no_value_where_there_may_be_none",)),
    (
        "4",
        "action: push button",
        (PROBLEMS + "test_the_pipelines_values_are_offered_where_there_is_a_table",),
    ),
    (
        "4",
        "focus by Tab, Return, arrows",
        (KEYS + "test_every_field_is_reached_from_top_to_bottom", KEYS + "test_and_back_again"),
    ),
    (
        "4",
        "the value is checked before the focus moves",
        (
            Otherwise("It is checked while it is typed, and the focus is free."),
            FORM + "test_a_bad_number_stays_with_a_message_below",
        ),
    ),
    ("4", "all text is selected on focus", (KEYS + "test_typing_over_a_field_that_return_led_to",)),
    ("4", "focus scrolls the field into view; Page Up, Page Down", (KEYS + "test_pages_go_down_and_up",)),
    (
        "4",
        "mouse wheel scrolls, with a factor",
        (KINDS + "test_the_wheel_does_not_change_a_value_in_passing",),
    ),
    (
        "4",
        "wrong type: bell, old value put back, focus stays",
        (
            Otherwise("No beep, and the text stays with the reason below it."),
            STATE + "test_what_cannot_be_read_stays_with_its_message",
        ),
    ),
    (
        "4",
        "check on Save and Execute with a table of bad values",
        (
            PROBLEMS + "test_errors_come_first_and_each_line_leads_to_its_field",
            WINDOW + "test_no_run_with_an_unreadable_value",
        ),
    ),
    ("4", "ranges: none are defined", ("tests/core/params/test_params_problems.py::test_found",)),
    ("4", "changed values: description in another colour", (FORM + "test_only_changed",)),
    (
        "4",
        "invalid values have no colour",
        (
            HELP + "test_problems_are_counted_below_the_form",
            FORM + "test_a_bad_number_stays_with_a_message_below",
        ),
    ),
    (
        "4",
        "greying: disabled, value kept and saved",
        (FORM + "test_a_switch_in_the_heading_greys_the_section",),
    ),
    (
        "4",
        "right-click: file browser, Clear, Default, Help",
        (KINDS + "test_the_menu_of_a_field_clears_resets_and_explains",),
    ),
    (
        "4",
        "right-click: directory browser",
        (
            Otherwise(
                "No parameter of the four tasks is a folder; that of the products is chosen above the form."
            ),
        ),
    ),
    (
        "4",
        "a value set by right-click is checked only when the focus leaves",
        (KINDS + "test_a_chooser_puts_the_file_into_the_field",),
    ),
    ("4", "clipboard", (KINDS + "test_the_menu_of_a_field_clears_resets_and_explains",)),
    (
        "4",
        "no tooltips for parameters",
        (
            FORM + "test_kinds_have_their_editors_and_every_parameter_its_help",
            HELP + "test_the_tooltip_tells_both_ends",
        ),
    ),
    # ---- 5 defaults
    (
        "5",
        "Defaults sets all values, clears the file name",
        (STATE + "test_all_defaults_can_be_undone_with_the_file_it_came_from",),
    ),
    (
        "5",
        "no confirmation, no undo",
        (SETS + "test_all_defaults_asks_for_what_is_not_saved_and_can_be_undone",),
    ),
    (
        "5",
        "one parameter by right-click",
        (
            FORM + "test_one_click_on_the_mark_goes_back_to_the_default",
            HELP + "test_the_default_is_one_click_away",
        ),
    ),
    # ---- 6 execute
    (
        "6",
        "child windows are saved first",
        (
            Otherwise("All sets of a task go into its run as they stand."),
            WINDOW + "test_a_run_works_on_a_snapshot",
        ),
    ),
    (
        "6",
        "the task runs in the GUI thread",
        (WINDOW + "test_the_window_stays_alive_while_the_engine_is_busy",),
    ),
    (
        "6",
        "no stop, no progress, output in the terminal",
        (WINDOW + "test_stop", OUTCOMES + "test_the_bar_goes_over_all_steps_and_never_back"),
    ),
    (
        "6",
        "plots in windows of the task, prompts in the terminal",
        ("tests/ui/test_walk.py::test_return_goes_through_every_view_of_every_image",),
    ),
    ("6", "parameters changed while it runs", (PROBLEMS + "test_a_run_keeps_the_values_that_it_began_with",)),
    ("6", "Can Not Run Task", (WINDOW + "test_a_refusal_shows_its_parameter",)),
    # ---- 7 what greys or sets what
    (
        "7",
        "tweakreg: refimage enables its source finding",
        (
            LIVE + "test_reference_finding_depends_on_tweakreg",
            PROBLEMS + "test_what_is_greyed_keeps_no_run_from_starting",
        ),
    ),
    ("7", "tweakreg: expand_refcat enables enforce_user_order", (LIVE + "test_liveness",)),
    (
        "7",
        "tweakreg: updatehdr, headerlet, shiftfile, catfile, refcat enable their sections",
        (LIVE + "test_liveness",),
    ),
    ("7", "tweakreg: use2dhist greys tolerance, which is used", (LIVE + "test_liveness",)),
    (
        "7",
        "imagefindpars: computesig, use_sharp_round",
        (LIVE + "test_liveness", "tests/ui/panels/test_dials.py::test_what_does_not_matter_now_is_grey"),
    ),
    (
        "7",
        "astrodrizzle: input counts files and switches steps 3 to 6",
        (
            ON_DATA + "test_a_single_exposure_leaves_out_the_comparison",
            PROBLEMS + "test_a_single_exposure_greys_steps_3_to_6",
        ),
    ),
    (
        "7",
        "astrodrizzle: in_memory greys num_cores",
        (Otherwise("Here num_cores counts with in_memory too."),),
    ),
    (
        "7",
        "astrodrizzle: static, skysub, median, blot, driz_cr, *_wcs switch their sections",
        (LIVE + "test_liveness", FORM + "test_a_switch_in_the_heading_greys_the_section"),
    ),
    (
        "7",
        "astrodrizzle: reference images are looked for",
        (
            PROBLEMS + "test_files_that_are_not_there_are_told_a_moment_later",
            "tests/core/data/test_data_facts.py::test_files_that_are_not_there",
        ),
    ),
    ("7", "blot_skyval is wrong until an edit", (LIVE + "test_liveness",)),
    (
        "7",
        "rules depend on the order of edits",
        (
            STATE + "test_what_is_live_follows_all_values_and_not_the_order_of_edits",
            LIVE + "test_every_state_has_an_answer",
        ),
    ),
    (
        "7",
        "a rule sets values and says so in the status bar",
        (
            Otherwise("No value is changed behind one's back; a greyed field says why."),
            LIVE + "test_reasons_name_what_decides",
        ),
    ),
    (
        "7",
        "effects that no rule expresses (blot_sinscl, combine_grow, nlow, ctegrow ...)",
        (LIVE + "test_liveness", ON_DATA + "test_found"),
    ),
    # ---- 8 buttons for further sets
    (
        "8",
        "imagefind Parameters, refimagefind Parameters",
        (FORM + "test_the_reference_has_its_form_in_the_same_panel",),
    ),
    (
        "8",
        "Update From MDRIZTAB",
        (
            PROBLEMS + "test_the_pipelines_values_are_offered_where_there_is_a_table",
            "tests/core/drizzle/test_pipeline.py::test_the_row_is_that_of_the_filter_and_the_number_of_images",
        ),
    ),
    # ---- 9 files and environment
    ("9", "~/.teal/<task>.cfg is used unasked", (COMMAND + "test_stray_parameter_files_are_not_read",)),
    (
        "9",
        "search order: current folder, ~/.teal, installed",
        (
            Otherwise("Only files that are named are read; the recent ones are in the menu."),
            SETS + "test_recent_files_live_in_a_file_and_what_is_gone_is_grey",
        ),
    ),
    ("9", "last_error.txt", (WINDOW + "test_errors_nobody_caught_are_told_in_the_log",)),
    ("9", "installed .cfg is made read-only", (PEER + "test_shipped_file_opens_in_ours",)),
    (
        "9",
        "$TEAL_CFG, TEAL_MOUSE_WHEEL_MULTIPLIER, TEAL_TRY_TKFD",
        (Otherwise("The system's own dialogs and wheel are used."),),
    ),
    ("9", "a .cfgspc in the folder is executed", (CFG + "test_rules_are_never_executed",)),
    (
        "9",
        "files of TEAL open, ours open in TEAL",
        (
            PEER + "test_what_we_save_loads_in_teal",
            PEER + "test_what_teal_saves_opens_in_ours",
            OLD + "test_nothing_is_lost_by_opening_and_saving",
        ),
    ),
    # ---- 12 what a replacement has to cover
    (
        "12",
        "load, save, save as, open recent with the same files",
        (
            PEER + "test_every_parameter_goes_both_ways",
            SETS + "test_recent_files_live_in_a_file_and_what_is_gone_is_grey",
        ),
    ),
    (
        "12",
        "search order shown to the user",
        (
            Otherwise("There is none: the line above each form names the file its values come from."),
            HELP + "test_origins_in_words",
        ),
    ),
    (
        "12",
        "defaults for all and for one",
        (
            STATE + "test_all_defaults_can_be_undone_with_the_file_it_came_from",
            FORM + "test_one_click_on_the_mark_goes_back_to_the_default",
        ),
    ),
    (
        "12",
        "difference from defaults shown",
        (FORM + "test_only_changed", SETS + "test_all_parameters_and_the_difference_as_text"),
    ),
    (
        "12",
        "invalid display without losing the typed text",
        (STATE + "test_any_text_in_any_field_is_kept", FORM + "test_typing_keeps_the_text_as_it_is_typed"),
    ),
    (
        "12",
        "greying with reasons",
        (
            HELP + "test_a_click_on_a_greyed_label_tells_why",
            "tests/ui/test_accessible.py::test_why_a_field_is_grey_or_wrong_is_told_too",
        ),
    ),
    ("12", "further sets in the same window", (FORM + "test_the_reference_has_its_form_in_the_same_panel",)),
    ("12", "MDRIZTAB button", (PROBLEMS + "test_the_pipelines_values_are_offered_where_there_is_a_table",)),
    (
        "12",
        "help per parameter",
        (
            HELP + "test_the_page_follows_the_keyboard_and_the_typing",
            HELP + "test_names_of_parameters_in_the_text_are_links",
        ),
    ),
    ("12", "status log", (OUTCOMES + "test_the_log_shows_its_newest_line_also_when_it_was_hidden",)),
    (
        "12",
        "execute with progress, output and stop",
        (WINDOW + "test_stop", OUTCOMES + "test_the_bar_goes_over_all_steps_and_never_back"),
    ),
    (
        "12",
        "protection of read-only files",
        (SETS + "test_a_protected_file_is_refused", SETS + "test_saving_over_a_changed_file_asks"),
    ),
    (
        "12",
        "refuse the wrong task",
        (
            COMMAND + "test_a_file_of_another_task_is_refused",
            WINDOW + "test_a_parameter_file_that_is_none_is_refused_in_the_log",
        ),
    ),
    ("12", "non-interactive load", (COMMAND + "test_saved_and_loaded_again",)),
    (
        "12",
        "keyboard use",
        (
            KEYS + "test_every_field_is_reached_from_top_to_bottom",
            KEYS + "test_f1_shows_the_help_of_the_field",
            KINDS + "test_flags_by_the_keyboard",
            SETS + "test_presets_by_keyboard",
        ),
    ),
    (
        "12",
        "options stored",
        (
            PROBLEMS + "test_the_choice_of_the_help_page_is_kept",
            SESSIONS + "test_closing_and_opening_returns_to_where_one_was",
        ),
    ),
    (
        "12",
        "new: search",
        (
            FORM + "test_search_finds_by_name_and_by_words_of_the_help",
            KEYS + "test_from_the_search_into_the_form_and_back_to_everything",
        ),
    ),
    (
        "12",
        "new: undo",
        (
            STATE + "test_undo_goes_back_over_all_forms_in_order",
            FORM + "test_undo_key_in_a_field_is_the_windows",
        ),
    ),
    ("12", "new: ranges", ("tests/core/params/test_params_problems.py::test_found",)),
    (
        "12",
        "new: live checks across parameters and against the data",
        (ON_DATA + "test_found", PROBLEMS + "test_errors_come_first_and_each_line_leads_to_its_field"),
    ),
    ("12", "new: worker thread", (WINDOW + "test_the_window_stays_alive_while_the_engine_is_busy",)),
    (
        "12",
        "new: plots inside the window",
        ("tests/ui/test_walk.py::test_return_goes_through_every_view_of_every_image",),
    ),
    (
        "12",
        "new: prompts as buttons",
        (
            "tests/ui/test_walk.py::test_an_image_left_out_is_not_applied",
            "tests/ui/test_walk.py::test_stop_keeps_what_was_decided_and_undo_takes_it_back",
        ),
    ),
]
SECTIONS = {"1": 14, "2": 8, "3": 14, "4": 16, "5": 2, "6": 5, "7": 12, "8": 2, "9": 5, "12": 16}
"""How many rows each section of the inventory has at least."""


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the test functions of a module."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(
    ("section", "feature", "covers"), ROWS, ids=[f"{row[0]}-{row[1][:40]}" for row in ROWS]
)
def test_each_feature_has_a_test_or_a_reason(section: str, feature: str, covers: tuple[Cover, ...]) -> None:
    assert section in SECTIONS
    assert covers, feature
    for cover in covers:
        if isinstance(cover, Otherwise):
            assert cover.endswith(".")
            assert len(cover) > 20
            continue
        path, _, name = cover.partition("::")
        assert (ROOT / path).is_file(), cover
        assert name in names_in(path), cover


def test_all_sections_are_covered() -> None:
    counts = {section: sum(row[0] == section for row in ROWS) for section in SECTIONS}
    assert {section: n for section, n in counts.items() if n < SECTIONS[section]} == {}
    assert len({(row[0], row[1]) for row in ROWS}) == len(ROWS)


def test_a_name_that_is_no_test_would_be_found() -> None:
    assert "test_no_such_thing" not in names_in("tests/ui/test_teal_features.py")
    assert "test_all_sections_are_covered" in names_in("tests/ui/test_teal_features.py")
