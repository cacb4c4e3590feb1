"""What is wrong or doubtful in a set of values, with advice."""

from core.params.checks.facts import NO_DATA, DataFacts, FlagFact
from core.params.checks.problem import Problem
from core.params.checks.run import problems

__all__ = ["NO_DATA", "DataFacts", "FlagFact", "Problem", "problems"]
