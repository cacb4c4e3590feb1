"""Every parameter of the four tasks, declared once; TEAL .cfg files in and out; checking."""

from core.params.assign import apply_assignments
from core.params.cfg import Loaded, format_cfg, parse_cfg, read_cfg, write_cfg
from core.params.checks import Problem, problems
from core.params.describe import describe
from core.params.live import Liveness, is_live
from core.params.meaning import parse_pair, parse_weight_scale, product_root
from core.params.model import Kind, Param, Section, Task, Value
from core.params.paramset import ParamSet
from core.params.tasks import TASKS
from core.params.values import format_value, parse_value

__all__ = [
    "TASKS",
    "Kind",
    "Liveness",
    "Loaded",
    "Param",
    "ParamSet",
    "Problem",
    "Section",
    "Task",
    "Value",
    "apply_assignments",
    "describe",
    "format_cfg",
    "format_value",
    "is_live",
    "parse_cfg",
    "parse_pair",
    "parse_value",
    "parse_weight_scale",
    "problems",
    "product_root",
    "read_cfg",
    "write_cfg",
]
