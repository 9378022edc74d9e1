"""What asks for more than the wheel brings: skipped where that is not installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

HAS_ARROW = find_spec("pyarrow") is not None
HAS_CONNECTOR = HAS_ARROW and find_spec("databricks") is not None

needs_arrow = pytest.mark.skipif(not HAS_ARROW, reason="asks for pyarrow's tables or batches")
needs_progress = pytest.mark.skipif(find_spec("tqdm") is None, reason="asks for the extra `progress`")
needs_connector = pytest.mark.skipif(not HAS_CONNECTOR, reason="asks for databricks-sql-connector")
