"""The pages of 采分录入 over the office of a few classes (tests/indicators/growth_card/entry_office.py).

Who asks is set by the test: signing in, permissions and tokens are the matter of tests/security and of the journey.
"""

import json
import re
from dataclasses import dataclass, replace

from flask import Flask
from flask.testing import FlaskClient

from app import ROOT
from dashboards import PAGES, entry, entry_timeliness, identity, refusals, routes, server_page
from dashboards.services import Services
from data_access.access.audit import AuditLog
from data_access.access.sessions import Sessions
from data_access.database.access_models import AuditEvent
from data_access.settings import Settings
from indicators.growth_card.uploads import SheetUploads
from tests.indicators.growth_card.entry_office import Office

_DATA = re.compile(r'<script type="application/json" id="entry-data">(.*?)</script>', re.DOTALL)


class Terms:
    """The values of a college that has only terms."""

    def terms(self):
        return ()


@dataclass
class EntryDesk:
    """A server with the pages of entry alone."""

    office: Office
    client: FlaskClient
    audit: AuditLog
    who: str = "adviser"

    def get(self, path, who="adviser"):
        self.who = who
        return self.client.get(f"/entry{path}")

    def post(self, path, body, who="adviser"):
        """What the page's script sends."""
        self.who = who
        return self.client.post(f"/entry{path}", json=body)

    def send(self, path, who="adviser", **form):
        """What a form sends."""
        self.who = who
        return self.client.post(f"/entry{path}", data=form, content_type="multipart/form-data")

    def save(self, key, *edits, who="adviser", since=0):
        return self.post(f"/{key.slug}/save", {"edits": [list(edit) for edit in edits], "since": since}, who=who)

    def told(self, key, who="adviser"):
        """What the page of a sheet gives its script."""
        return json.loads(_DATA.search(self.get(f"/{key.slug}", who=who).text).group(1))

    def exports(self):
        with self.office.database.connect() as connection:
            rows = connection.execute(AuditEvent.__table__.select()).mappings()
            return [row["subject"] for row in rows if row["kind"] == "export"]


def desk_of(installation, home):
    """The pages over an office in an empty installation."""
    office = Office(installation)
    audit = AuditLog(office.database)
    services = Services(
        values=Terms(),
        viewer=lambda: office.viewer(desk.who),
        today=lambda: office.today,
        sheets=office.sheets,
        sheet_uploads=SheetUploads(office.sheets),
        entry_tasks=office.tasks,
        timeliness=office.timeliness,
        audit=audit,
        settings=replace(Settings.at(home)),
    )
    server = Flask("entry", static_folder=None, template_folder=str(server_page.TEMPLATES))
    server.config.update(SECRET_KEY="tests", WTF_CSRF_ENABLED=False, TESTING=True)
    identity.install(server, Sessions(office.database, audit))
    server_page.install(server, pages=PAGES, assets_folder=ROOT / "assets")
    refusals.install(server)
    routes.install(server)
    server.jinja_env.globals["csrf_token"] = lambda: ""
    for blueprint in (entry.blueprint, entry_timeliness.blueprint):
        server.register_blueprint(blueprint(services))
    desk = EntryDesk(office=office, client=server.test_client(), audit=audit)
    return desk
