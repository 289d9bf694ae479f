"""Whether two questions with near vectors ask for the same thing."""

from graphwell.domain.intent.guard import Difference, Verdict, compare
from graphwell.domain.intent.question import Question, read_question

__all__ = ["Difference", "Question", "Verdict", "compare", "read_question"]
