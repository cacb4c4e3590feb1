#!/usr/bin/env python3
"""Set DrizzleDesk up and start it; needs nothing but Python 3.11 or newer.

    python3 packaging/bootstrap.py demo             set up, then the main job on simulated exposures
    python3 packaging/bootstrap.py test [--peers]   set up, then the tests (--peers: also against drizzlepac)
    python3 packaging/bootstrap.py run [ARGS...]    set up, then the command `drizzledesk ARGS...`
    python3 packaging/bootstrap.py setup            only set up

The first start makes `.venv` in the project's folder and installs the pinned versions of
`packaging/constraints.txt` into it. Later starts take no network unless those pins have changed.
Whatever follows `demo` or `test` is handed on to `drizzledesk demo` or pytest. The tests run in as many processes
as there are processors, at most four; `test -n 0` runs them in one.
"""

# The first lines must parse on old Pythons too, so that they can say which one is needed.
import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "drizzledesk-setup.json")
CONSTRAINTS = os.path.join(ROOT, "packaging", "constraints.txt")
COMMANDS = ("demo", "test", "run", "setup")

# What Qt's wheels take from the system: library -> package of Debian/Ubuntu, package of Fedora.
ALWAYS = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
}
ON_X11 = {
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
}


def say(text):
    """Tell the person; standard output is left to the program that is started."""
    sys.stderr.write("bootstrap: " + text + "\n")
    sys.stderr.flush()


def stop(text):
    say(text)
    raise SystemExit(1)


def check_python():
    if sys.version_info[:2] < OLDEST:
        stop(
            "this is Python %d.%d; DrizzleDesk needs Python %d.%d or newer. Install one (Debian: python3.11, "
            "Fedora: python3.12, macOS and Windows: the installer of python.org) and start again with it, for "
            "instance `python3.12 packaging/bootstrap.py demo`."
            % (sys.version_info[0], sys.version_info[1], OLDEST[0], OLDEST[1])
        )


def missing_libraries():
    """Of the system libraries that Qt needs on Linux, those that cannot be loaded, with their packages."""
    if not sys.platform.startswith("linux"):
        return {}
    wanted = dict(ALWAYS)
    if os.environ.get("DISPLAY") and os.environ.get("QT_QPA_PLATFORM", "xcb").startswith("xcb"):
        wanted.update(ON_X11)
    missing = {}
    for library, packages in wanted.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing[library] = packages
    return missing


def check_libraries():
    missing = missing_libraries()
    if not missing:
        return
    debian = " ".join(sorted({packages[0] for packages in missing.values()}))
    fedora = " ".join(sorted({packages[1] for packages in missing.values()}))
    stop(
        "the window needs system libraries that are not installed: %s.\n"
        "  Debian, Ubuntu: sudo apt-get install %s\n"
        "  Fedora:         sudo dnf install %s\n"
        "Then start again." % (", ".join(sorted(missing)), debian, fedora)
    )


def venv_python():
    if os.name == "nt":
        return os.path.join(VENV, "Scripts", "python.exe")
    return os.path.join(VENV, "bin", "python")


def works(python):
    """Whether an interpreter starts and has pip (a moved or half-made .venv does not)."""
    if not os.path.exists(python):
        return False
    done = subprocess.run(
        [python, "-c", "import pip, sys; raise SystemExit(sys.version_info[:2] < (3, 11))"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return done.returncode == 0


def make_venv():
    if works(venv_python()):
        return
    if os.path.isdir(VENV):
        say(".venv is not usable; making it anew")
        shutil.rmtree(VENV)
    say("making .venv")
    done = subprocess.run([sys.executable, "-m", "venv", VENV])
    if done.returncode != 0 or not works(venv_python()):
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "this Python cannot make a virtual environment with pip. Debian and Ubuntu keep that in a package "
            "of its own: sudo apt-get install python3-venv. Then start again."
        )


def wanted_setup(extras):
    """What must have been installed for these extras: changes whenever the pins or the project's needs do."""
    digest = hashlib.sha256()
    for path in (os.path.join(ROOT, "pyproject.toml"), CONSTRAINTS):
        with open(path, "rb") as stream:
            digest.update(stream.read().replace(b"\r\n", b"\n"))
    return {"pins": digest.hexdigest(), "root": ROOT, "extras": sorted(extras)}


def read_stamp():
    """What the last installation noted; {} when there is none that can be read."""
    try:
        with open(STAMP, encoding="utf-8") as stream:
            have = json.load(stream)
    except (OSError, ValueError):
        return {}
    return have if isinstance(have, dict) and isinstance(have.get("extras"), list) else {}


def write_stamp(stamp):
    with open(STAMP, "w", encoding="utf-8") as stream:
        json.dump(stamp, stream)


def is_set_up(wanted):
    have = read_stamp()
    if not have:
        return False
    same = all(have.get(key) == wanted[key] for key in ("pins", "root"))
    return same and set(wanted["extras"]) <= set(have["extras"])


def install(extras):
    wanted = wanted_setup(extras)
    if is_set_up(wanted):
        return
    extras = set(extras) | set(read_stamp().get("extras", []))  # what is there stays as new as the rest
    wanted = wanted_setup(extras)
    what = ROOT + ("[" + ",".join(sorted(extras)) + "]" if extras else "")
    say("installing DrizzleDesk and what it needs (once; some minutes, about 1 GB)")
    command = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run([*command, "--constraint", CONSTRAINTS, "--editable", what], stdout=sys.stderr)
    if done.returncode != 0:
        stop(
            "pip could not install what DrizzleDesk needs; its message stands above. Usual causes: no network, "
            "a proxy that pip does not know (set HTTPS_PROXY), or a full disk. Nothing is broken: start again."
        )
    write_stamp(wanted)


def compile_engine():
    """Compile the kernels now, else the first Align and the first Drizzle of a new user take most of a minute."""
    stamp = read_stamp()
    if stamp.get("compiled"):
        return
    say("compiling the engine (once; about a minute)")
    if subprocess.run([venv_python(), "-m", "app.prepare"], cwd=ROOT, stdout=sys.stderr).returncode == 0:
        write_stamp(dict(stamp, compiled=True))
    else:
        say("that did not work; the program will compile when it needs to, and say what is wrong")


def start(command):
    """Run a command in the project's environment and end as it ends."""
    try:
        raise SystemExit(subprocess.run([venv_python(), *command]).returncode)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def processors():
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def side_by_side():
    """Options of pytest that spread the files of tests over processes; what a file shares is made once."""
    count = min(processors(), 4)  # each takes 1 to 2 GB
    return ["-n", str(count), "--dist", "loadfile"] if count > 1 else []


def run_tests(arguments, peers):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.chdir(ROOT)
    chosen = [] if peers else ["-m", "not peers"]
    start(["-m", "pytest", *side_by_side(), *chosen, *arguments])


def main(arguments):
    if not arguments or arguments[0] not in COMMANDS:
        sys.stderr.write(__doc__)
        raise SystemExit(0 if arguments[:1] in (["-h"], ["--help"]) else 2)
    check_python()
    command, rest = arguments[0], arguments[1:]
    peers = command == "test" and "--peers" in rest
    extras = {"test", "dev", "cluster"} if command == "test" else set()
    if any(argument.split("=")[0] == "--scheduler" for argument in rest):
        extras.add("cluster")
    if peers:
        rest.remove("--peers")
        extras.add("peers")
    if command != "run" or rest[:1] not in (["tweakreg"], ["astrodrizzle"], ["params"]):
        check_libraries()  # the batch commands open no window and need none of them
    make_venv()
    install(extras)
    if command == "test":
        run_tests(rest, peers)
        return
    compile_engine()
    if command != "setup":
        start(["-m", "app", *(["demo"] if command == "demo" else []), *rest])


if __name__ == "__main__":
    main(sys.argv[1:])
