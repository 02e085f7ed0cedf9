"""A person's plain browser that writes a HAR of what it did, as developer tools do."""

import datetime
import json
import urllib.error
import urllib.request

from walker import Walker


class RecordingWalker(Walker):
    """Keeps every exchange with headers and bodies, cookies and passwords included: that is what a HAR holds."""

    def __init__(self):
        super().__init__()
        self.entries = []
        plain = self.opener.open

        def recorded(request, **options):
            try:
                answer = plain(request, **options)
            except urllib.error.HTTPError as error:
                answer = error
            body = answer.read()
            answer.read = lambda: body
            self.note(request, answer, body)
            return answer

        self.opener.open = recorded

    def note(self, request, answer, body):
        def fields(items):
            return [{"name": name, "value": value} for name, value in items]

        entry = {
            "startedDateTime": datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z"),
            "request": {
                "method": request.get_method(),
                "url": request.full_url,
                "headers": fields(request.header_items()),
            },
            "response": {
                "status": answer.status,
                "headers": fields(answer.headers.items()),
                "redirectURL": answer.headers.get("Location", ""),
                "content": {
                    "mimeType": answer.headers.get("Content-Type", ""),
                    "text": body.decode("utf-8", "replace"),
                },
            },
        }
        if request.data is not None:
            kind = request.get_header("Content-type", "application/x-www-form-urlencoded")
            entry["request"]["postData"] = {"mimeType": kind, "text": request.data.decode()}
        self.entries.append(entry)

    def fetch(self, url, data=None, **headers):
        """What a page's script asks for; the answer as JSON."""
        kind = headers.pop("kind", "application/json")
        request = urllib.request.Request(url, data=data, headers={"Content-Type": kind, **headers})
        return json.loads(self.opener.open(request, timeout=30).read())

    def write(self, path):
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": self.entries}}))
        return path
