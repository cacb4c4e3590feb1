"""Every parameter of the four tasks, declared once; TEAL .cfg files in and out; checking."""

from core.params.model import Kind, Param, Section, Task, Value
from core.params.paramset import ParamSet
from core.params.tasks import TASKS
from core.params.values import format_value, parse_value

__all__ = [
    "TASKS",
    "Kind",
    "Param",
    "ParamSet",
    "Section",
    "Task",
    "Value",
    "format_value",
    "parse_value",
]
