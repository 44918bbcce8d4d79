"""Is the portal in this container healthy? Exit code 0 when /health/ answers 200; stdlib only."""

import os
import sys
import urllib.request

port = os.environ.get("PORT", "8000")
request = urllib.request.Request(f"http://127.0.0.1:{port}/health/", headers={"Host": "localhost"})
try:
    with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310
        sys.exit(0 if answer.status == 200 else 1)
except OSError as error:
    print(error)
    sys.exit(1)
