"""Whether the server works, for those who watch over it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from dashboards.guard import open_to_all
from dashboards.refusals import record
from dashboards.services import Services


def blueprint(services: Services) -> Blueprint:
    """The one address that tells it."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    @open_to_all
    def healthz() -> ResponseReturnValue:
        """200 where the database answers, else 503; nothing else is given away."""
        try:
            services.values.data_date()
        except Exception as error:  # noqa: BLE001 (whatever the matter is, the answer is the same)
            record(error, "the health check")
            return jsonify(status="failing"), HTTPStatus.SERVICE_UNAVAILABLE
        return jsonify(status="ok")

    return routes
