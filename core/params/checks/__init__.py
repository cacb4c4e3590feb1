"""What is wrong or doubtful in a set of values, with advice."""

from core.params.checks.problem import Problem
from core.params.checks.run import problems

__all__ = ["Problem", "problems"]
