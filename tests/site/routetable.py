# SPDX-License-Identifier: ISC
"""The table of src/site/route.h, for tests that ask every row."""
import collections
import re

import oriel

Row = collections.namedtuple("Row", "id method path role scope handler summary")
ROW = re.compile(r'ROUTE\((\w+), "(\w+)", "([^"]+)", ROLE_(\w+), (SITE|CAMERA), (\w+),[\s\\]*"([^"]+)"[^()"]*(?:"\w+"[^()"]*)*\)')


def rows():
    """As they stand there, with a name in place of *."""
    text = (oriel.SOURCE / "src/site/route.h").read_text()
    found = [Row(*row) for row in ROW.findall(text)]
    assert len(found) == text.count("\tROUTE(") > 15      # all of them
    return [row._replace(path=row.path.replace("*", "no-such.jpg")) for row in found]
