"""moto, with what it lacks of the two services that ministack does not have: Amazon Managed Prometheus and the private CA.

In: moto 5.2.5 in this Python's environment; the arguments of `moto_server`. Out: the same server with the functions below in place of its own. Never: a file
of moto changed, an answer that AWS would not give, a patch for what nothing here uses.

As with ministack_overlay.py another version is refused: read its source, take out what it has mended, and move the pin here and in
requirements-moto.txt together.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from importlib.metadata import version

PINNED = "5.2.5"
if version("moto") != PINNED:
    raise SystemExit(f"moto_overlay.py is written for moto {PINNED}, and this is {version('moto')}: bring the pinned one "
                     "(tests/local/tools.py bring moto), or go through the patches and move the pin")

from moto import server  # noqa: E402
from moto.amp import models, responses, urls  # noqa: E402


def answer(status: int, body: dict) -> tuple[int, dict, str]:
    return status, {"Content-Type": "application/json"}, json.dumps(body)


def missing(what: str) -> tuple[int, dict, str]:
    status, headers, body = answer(404, {"message": f"{what} not found", "resourceId": what, "resourceType": "workspace"})
    return status, {**headers, "x-amzn-ErrorType": "ResourceNotFoundException"}, body


def workspace_of(url: str) -> str:
    return re.search(r"/workspaces/([^/]+)/", url)[1]


def alertmanagers_are_defined() -> None:
    """moto has no definition of a workspace's Alertmanager (404); AWS keeps one, and says that it is active."""
    definitions: dict[str, str] = {}

    def definition(request, full_url, headers):
        workspace, asked = workspace_of(full_url), request.method
        if asked in ("POST", "PUT"):
            definitions[workspace] = json.loads(request.get_data())["data"]
            base64.b64decode(definitions[workspace], validate=True)
            return answer(202, {"status": {"statusCode": "CREATING" if asked == "POST" else "UPDATING"}})
        if workspace not in definitions:
            return missing(workspace)
        if asked == "DELETE":
            del definitions[workspace]
            return answer(202, {})
        return answer(200, {"alertManagerDefinition": {
            "status": {"statusCode": "ACTIVE"}, "data": definitions[workspace], "createdAt": 0, "modifiedAt": 0}})

    urls.url_paths["{0}/workspaces/(?P<workspace_id>[^/]+)/alertmanager/definition$"] = definition


def workspaces_are_configured() -> None:
    """moto has no configuration of a workspace (404); AWS keeps how long samples stay and the limits of each label set."""
    configurations: dict[str, dict] = {}

    def configuration(request, full_url, headers):
        workspace = workspace_of(full_url)
        kept = configurations.setdefault(workspace, {"retentionPeriodInDays": 150, "limitsPerLabelSet": []})
        if request.method == "PATCH":
            asked = json.loads(request.get_data())
            kept |= {name: value for name, value in asked.items() if name in kept}
            return answer(202, {"status": {"statusCode": "UPDATING"}})
        return answer(200, {"workspaceConfiguration": {**kept, "status": {"statusCode": "ACTIVE"}}})

    urls.url_paths["{0}/workspaces/(?P<workspace_id>[^/]+)/configuration$"] = configuration


def workspaces_keep_their_key() -> None:
    """moto forgets the key of a workspace; AWS describes it. The provider replaces the workspace otherwise."""
    create, shape = responses.PrometheusServiceResponse.create_workspace, models.Workspace.to_dict

    def created(self):
        body = json.loads(create(self))
        workspace = self.amp_backend.workspaces[body["workspaceId"]]
        workspace.key = json.loads(self.body).get("kmsKeyArn")
        return json.dumps(workspace.to_dict())

    def shaped(workspace):
        key = getattr(workspace, "key", None)
        return {**shape(workspace), **({"kmsKeyArn": key} if key else {})}

    responses.PrometheusServiceResponse.create_workspace, models.Workspace.to_dict = created, shaped


PATCHES = [workspaces_keep_their_key, alertmanagers_are_defined, workspaces_are_configured]


def main() -> None:
    for patch in PATCHES:
        patch()
    print(f"moto {PINNED} with {len(PATCHES)} patches", file=sys.stderr, flush=True)
    server.main(sys.argv[1:])


if __name__ == "__main__":
    main()
