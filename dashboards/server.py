"""Puts the web server of an installation together, in the order in which its parts must see a request."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dash import Dash
from flask import Blueprint, Flask
from flask_wtf.csrf import generate_csrf

from dashboards import (
    account,
    audit_log,
    compression,
    disputes,
    entry,
    entry_timeliness,
    guard,
    health,
    identity,
    major_weights,
    panel_export,
    people,
    people_import,
    plans,
    plans_review,
    post_grants,
    refusals,
    role_matrix,
    roster_export,
    routes,
    screen,
    screen_list,
    security,
    self_tests,
    server_page,
    sign_in,
    single_sign_on,
    term_report,
    wiring,
)
from dashboards.denials import Denials
from dashboards.page import Page
from dashboards.services import Services
from data_access.access.secret import derived_key
from data_access.settings import LOOPBACK

MakeBlueprint = Callable[[Services], Blueprint]


def _sign_in(services: Services) -> Blueprint:
    return sign_in.blueprint(services, alternatives=single_sign_on.alternatives(services.settings))


BLUEPRINTS: Final[tuple[MakeBlueprint, ...]] = (
    health.blueprint,
    _sign_in,
    single_sign_on.blueprint,
    account.blueprint,
    people.blueprint,
    people_import.blueprint,
    post_grants.blueprint,
    role_matrix.blueprint,
    audit_log.blueprint,
    roster_export.blueprint,
    major_weights.blueprint,
    entry.blueprint,
    entry_timeliness.blueprint,
    screen.blueprint,
    screen_list.blueprint,
    plans.blueprint,
    plans_review.blueprint,
    self_tests.blueprint,
    term_report.blueprint,
    disputes.blueprint,
)
"""Everything that the server draws itself; a module that brings pages of its own is entered here."""


def make(pages: Sequence[Page], services: Services, *, secret: bytes, assets_folder: Path) -> Flask:
    """The web server of an installation.

    Args:
        pages: all Dash pages.
        services: what pages may use; its viewer is that of the request (`identity.current_viewer`).
        secret: the installation's secret.
        assets_folder: style sheets and scripts.
    """
    # No folder of static files: whatever is public is an asset, and stands in the guard's table.
    server = Flask("luoxuan", static_folder=None, template_folder=str(server_page.TEMPLATES))
    security.configure(server, services.settings, derived_key(secret, "cookies"))
    identity.install(server, services.sessions)
    denials = Denials(services.audit)
    apps: list[Dash] = []
    is_production = services.settings.is_production
    public_url = services.settings.public_url
    guard.install(
        server,
        hosts={urlsplit(public_url).hostname or ""} if is_production else LOOPBACK,
        elsewhere=f"请用 {public_url} 打开平台。" if is_production else "演示模式只能在本机以本机地址打开。",
        who=identity.viewer_or_none,
        at_screen=functools.partial(screen.viewer_at_screen, services),
        screen_refusal=screen.refusal,
        callbacks=lambda: apps[0].callback_map,
        denials=denials,
    )
    security.install(
        server,
        is_secure=is_production,
        script_hashes=functools.cache(lambda: tuple(apps[0].csp_hashes())),
    )
    compression.install(server)
    server_page.install(server, pages=pages, assets_folder=assets_folder)
    refusals.install(server)
    routes.install(server)
    for make_blueprint in BLUEPRINTS:
        server.register_blueprint(make_blueprint(services))
    server.register_blueprint(panel_export.blueprint(services, pages))
    apps.append(
        wiring.build(
            pages,
            services,
            server=server,
            assets_folder=str(assets_folder),
            form_token=generate_csrf,
            note_denial=denials.note_page,
        )
    )
    return server
