"""Google's OAuth 2.0 servers: `/google/accounts` is accounts.google.com, `/google/oauth` is oauth2.googleapis.com."""

from aiohttp import web

from sandbox.google.consent import Consent
from sandbox.google.device import DeviceFlow
from sandbox.google.directory import Directory
from sandbox.google.grants import Grants
from sandbox.google.token_endpoint import TokenEndpoint
from sandbox.world import World


def app(world: World) -> web.Application:
    """Both hosts; see SERVERS in `sandbox.server` for where they are mounted."""
    directory = Directory(world)
    grants = Grants(world)
    device = DeviceFlow(world, directory, grants)
    google = web.Application()
    google.router.add_routes(Consent(world, directory, grants).routes())
    google.router.add_routes(device.routes())
    google.router.add_routes(TokenEndpoint(world, directory, grants, device).routes())
    return google
