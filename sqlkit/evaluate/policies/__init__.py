"""What other evaluators would have said: functions over a gold's and a prediction's result on one database.

They are there so that published figures can be compared, are shown beside the verdict, and never are the headline. A
prediction passes where it passes on every database. Their defects are kept, each named in its file.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlkit.evaluate.gold import Gold
from sqlkit.evaluate.policies.bird import bird
from sqlkit.evaluate.policies.defog import defog
from sqlkit.evaluate.policies.spider import spider
from sqlkit.records import Result

Policy = Callable[[Gold, Result], bool]

COMPATIBLE: dict[str, Policy] = {"bird": bird, "spider": spider, "defog": defog}

__all__ = ["COMPATIBLE", "Policy", "bird", "defog", "spider"]
