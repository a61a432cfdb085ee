"""How something is refused: as a page to people, as a line of JSON to what a page asks by itself."""

from __future__ import annotations

import logging
import uuid
from http import HTTPStatus
from typing import Any, Final

from dash.exceptions import DependencyException
from flask import Flask, Response, current_app, jsonify, make_response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from dashboards import server_page
from dashboards.surface import access_of
from dashboards.wording import BUSY
from data_access.errors import BusyError

_LOG: Final = logging.getLogger("luoxuan.web")

TITLES: Final = {
    HTTPStatus.BAD_REQUEST: "请求无法处理",
    HTTPStatus.UNAUTHORIZED: "请先登录",
    HTTPStatus.FORBIDDEN: "没有权限",
    HTTPStatus.NOT_FOUND: "没有找到",
    HTTPStatus.METHOD_NOT_ALLOWED: "不能这样访问",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "内容太大",
    HTTPStatus.INTERNAL_SERVER_ERROR: "出错了",
    HTTPStatus.SERVICE_UNAVAILABLE: "请稍后再试",
}
_MESSAGES: Final = {
    HTTPStatus.NOT_FOUND: "可能是地址有误，或者该对象不在你的数据范围内。",
    HTTPStatus.METHOD_NOT_ALLOWED: "这个地址不接受这种请求。",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "提交的内容超过了允许的大小。",
}
STALE_FORM: Final = "页面已过期：登录状态在别处改变过，或浏览器没有保存 Cookie。请重新打开页面再试。"


def refuse(status: int, message: str, *, go_to: str = "") -> Response:
    """The answer to a request that is refused.

    Args:
        status: of 4xx or 5xx.
        message: why, in a sentence for the person at the screen.
        go_to: where a page is to lead them, such as the sign-in page.
    """
    if is_from_page():
        said = {"message": message, **({"sign_in": go_to} if go_to else {})}
        return make_response(jsonify(said), status)
    return server_page.render(
        "error.html",
        title=TITLES.get(HTTPStatus(status), "请求无法处理"),
        status=status,
        message=message,
        back=request.path if status == HTTPStatus.BAD_REQUEST else "",
    )


def is_from_page() -> bool:
    """Whether a page's script asks, and not a person who would read a page."""
    access = access_of(current_app, request.endpoint)
    return access is not None and not access.is_page


def install(server: Flask) -> None:
    """Let `server` answer every error in the same clean way, without a traceback."""

    def expired(_error: CSRFError) -> Response:
        return refuse(HTTPStatus.BAD_REQUEST, STALE_FORM)

    def failed(error: HTTPException) -> Response | HTTPException:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        if status < HTTPStatus.BAD_REQUEST:
            return error  # a redirection that the router raised
        answer = refuse(status, _MESSAGES.get(status, "请检查后再试。"))
        for name, value in error.get_headers():
            if name in {"Allow", "Retry-After"}:
                answer.headers[name] = value
        return answer

    def busy(_error: BusyError) -> Response:
        return refuse(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)

    def missing(_error: DependencyException) -> Response:
        return refuse(HTTPStatus.NOT_FOUND, _MESSAGES[HTTPStatus.NOT_FOUND])

    def broken(error: Exception) -> Response:
        error_id = record(error, f"{request.method} {request.endpoint}")
        return refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"请稍后再试；仍不行时把错误编号告诉管理员：{error_id}")

    server.register_error_handler(CSRFError, expired)
    server.register_error_handler(HTTPException, failed)
    server.register_error_handler(BusyError, busy)
    server.register_error_handler(DependencyException, missing)  # Dash's word for a script that it does not have
    server.register_error_handler(Exception, broken)


def record(error: BaseException, where: str, **facts: Any) -> str:
    """Log an error and give the id under which it is found."""
    error_id = f"E-{uuid.uuid4().hex[:8]}"
    _LOG.error("%s in %s %s", error_id, where, facts or "", exc_info=error)
    return error_id
