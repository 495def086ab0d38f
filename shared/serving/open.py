"""The model servers that the settings name, behind the one Protocol."""

from collections.abc import Callable

from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings
from shared.serving.adapters import AdapterFolders
from shared.serving.base import ModelServer
from shared.serving.divided import DividedModelServer
from shared.serving.local import LocalModelServer
from shared.serving.several import SeveralModelServers
from shared.serving.token import internal_token
from shared.serving.vllm import VllmModelServer
from shared.tls import client_context


def open_model_server(
    settings: Settings, sessions: sessionmaker[Session], *, put: Callable[[str], None] | None = None
) -> ModelServer:
    """A client of every model server of this site; any number of threads may share it.

    Args:
        settings: name the servers; with `ROUNDS_VLLM_URL` LLMs are answered there.
        sessions: say which digest is an LLM.
        put: brings a version's files where vLLM reads them, before it is loaded.
    """
    token = internal_token(settings)
    secured = any(url.startswith("https://") for url in settings.model_servers)
    tls = client_context(settings.tls_authority) if secured else None
    ours = SeveralModelServers(
        {
            url: LocalModelServer(url, token, tls if url.startswith("https://") else None)
            for url in settings.model_servers
        }
    )
    if not settings.vllm_url:
        return ours
    folders = AdapterFolders(settings.vllm_folder, sessions)
    vllm = VllmModelServer(settings.vllm_url, folders.find)
    return DividedModelServer(ours, vllm, folders.is_llm, put=put)
