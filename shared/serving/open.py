"""The model servers that the settings name, behind the one Protocol."""

from shared.config import Settings
from shared.serving.base import ModelServer
from shared.serving.local import LocalModelServer
from shared.serving.several import SeveralModelServers
from shared.serving.token import internal_token


def open_model_server(settings: Settings) -> ModelServer:
    """A client of every model server of this site; any number of threads may share it."""
    token = internal_token(settings)
    return SeveralModelServers({url: LocalModelServer(url, token) for url in settings.model_servers})
