"""Where things run: every `ROUNDS_*` variable with its type, default and help. Nothing else reads them."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import Clock, FileClock, system_clock
from shared.errors import InvalidInputError

PREFIX = "ROUNDS_"
_BIND = re.compile(r"^[\w.\-:\[\]]+:\d{1,5}$")


class SettingError(InvalidInputError):
    """A setting is unknown or has a value that cannot be."""

    code = "bad_setting"


class Settings(BaseSettings):
    """The effective settings of one process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(Path(".rounds"), description="embedded servers, artifacts, keys and logs; mode 0700")
    database_url: str | None = Field(None, description="Postgres; the embedded one when unset")
    broker_url: str | None = Field(None, description="Redis or Valkey; the embedded one when unset")
    storage_url: str | None = Field(None, description="file:// folder or s3://bucket/prefix for artifacts")
    s3_endpoint: str | None = Field(None, description="address of an S3-compatible store")
    s3_region: str = Field("us-east-1", description="region of the bucket")
    s3_access_key: str | None = Field(None, description="whose bucket it is; else AWS_ACCESS_KEY_ID")
    s3_secret_key: SecretStr | None = Field(None, description="its secret; else AWS_SECRET_ACCESS_KEY")
    api_bind: str = Field("127.0.0.1:8000", description="where the API and the dashboard listen")
    events_bind: str = Field("127.0.0.1:8001", description="where the event stream listens")
    events_url: str | None = Field(None, description="where browsers reach the stream behind a proxy")
    flower_bind: str = Field("127.0.0.1:5555", description="where Flower listens")
    model_server_bind: str = Field("127.0.0.1:8003", description="where the model server listens")
    model_server_url: str | None = Field(
        None, description="where the model servers are found, separated by spaces; each holds every version"
    )
    vllm_url: str | None = Field(None, description="a vLLM server that answers for LLMs; else ours does")
    vllm_adapters: Path | None = Field(
        None, description="folder that vLLM reads adapters from; ROUNDS_HOME/vllm when unset"
    )
    site_timezone: str = Field("UTC", description="IANA zone of the site's schedules")
    site_secret_file: Path | None = Field(
        None, description="key of splits, arms and encryption; made if absent"
    )
    tls_authority: Path | None = Field(
        None, description="the site's own authority, PEM; model server and store show a certificate of it"
    )
    tls_certificate: Path | None = Field(
        None, description="PEM with certificate and key; the model server then speaks TLS alone"
    )
    second_factor: str = Field(
        "enrolled",
        pattern="^(enrolled|required)$",
        description="required: operators, approvers and admins sign in with a code; else who has a device",
    )
    notify_urls: str = Field("", description="Apprise addresses for alerts, separated by spaces")
    base_models: Path | None = Field(None, description="folder of base models beside those in wheels")
    clock_file: Path | None = Field(
        None, description="simulated time for demo and simulate; unset in service"
    )
    device: str = Field("auto", pattern="^(auto|cpu|cuda)$", description="where models train and answer")
    threads: int = Field(1, ge=1, le=256, description="CPU threads of one training or serving process")
    train_devices: str = Field(
        "auto",
        pattern=r"^(auto|(gpu|cores)-\d+(\+\d+)*(,(gpu|cores)-\d+(\+\d+)*)*)$",
        description="what trainings may use, like gpu-0,gpu-1; gpu-0+1 is one device; auto: GPUs, else lanes",
    )
    train_processes: int = Field(1, ge=1, le=64, description="processes of one training; its device says so")
    lease_seconds: float = Field(10.0, gt=0, le=600, description="silence after which a worker is given up")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level logged")

    @field_validator("api_bind", "events_bind", "flower_bind", "model_server_bind")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not _BIND.match(value) or int(value.rsplit(":", 1)[1]) > 65535:
            raise ValueError("must be HOST:PORT, like 127.0.0.1:8000")
        return value

    @field_validator("train_devices")
    @classmethod
    def _names_each_device_once(cls, value: str) -> str:
        named = [
            f"{kind}-{one}"
            for kind, _, part in (d.partition("-") for d in value.split(","))
            for one in part.split("+")
        ]
        if len(set(named)) < len(named):
            raise ValueError("names a device twice")
        return value

    @field_validator("site_timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError("must be an IANA zone, like Europe/Berlin") from error
        return value

    @property
    def root(self) -> Path:
        """The home folder, absolute."""
        return self.home.absolute()

    @property
    def sockets(self) -> Path:
        """The short private folder of the embedded servers' Unix sockets (a path has 107 bytes at most)."""
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"rounds-{digest}"

    @property
    def database(self) -> str:
        """The SQLAlchemy address of Postgres."""
        return self.database_url or f"postgresql+psycopg2://rounds@/rounds?host={self.sockets}&port=5432"

    @property
    def broker(self) -> str:
        """The kombu address of Valkey."""
        return self.broker_url or f"redis+socket://{self.sockets}/valkey.sock?virtual_host=0"

    @property
    def storage(self) -> str:
        """The address of the artifact store."""
        return self.storage_url or f"file://{self.root}/artifacts"

    @property
    def model_servers(self) -> list[str]:
        """The base addresses of the model servers."""
        return (self.model_server_url or f"http://{self.model_server_bind}").split()

    @property
    def vllm_folder(self) -> Path:
        """Where versions are put for vLLM, under the same path there."""
        return (self.vllm_adapters or self.root / "vllm").absolute()

    @property
    def s3_credentials(self) -> tuple[str, str]:
        """Access key and secret of the bucket: ours, else those of the environment's AWS variables."""
        secret = self.s3_secret_key.get_secret_value() if self.s3_secret_key else None
        named = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
        return self.s3_access_key or named[0], secret or named[1]

    @property
    def secret_file(self) -> Path:
        """The file that holds the site secret."""
        return self.site_secret_file or self.root / "keys" / "site.secret"

    @property
    def clock(self) -> Clock:
        """The clock of this process."""
        return FileClock(self.clock_file) if self.clock_file else system_clock


def load_settings(**overrides: object) -> Settings:
    """Read the environment; `overrides` win over it.

    Raises:
        SettingError: a variable is unknown or wrong; the sentence names it and the remedy.
    """
    _refuse_unknown()
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = f"{PREFIX}{'_'.join(str(part) for part in first['loc']).upper()}"
        fix = f"correct or unset {name}; `rounds config` lists every setting"
        raise SettingError(f"{name}: {first['msg']}", field=name, fix=fix) from None


def _refuse_unknown() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {f"{PREFIX}TEST_DATA"}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise SettingError(
                f"{name} is not a setting of Rounds", field=name, fix="unset it; `rounds config` lists all"
            )


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """What a child process is started with: our own environment, these settings spelled out, and `more`."""
    values = {name: getattr(settings, name) for name in Settings.model_fields} | {"home": settings.root}
    chosen = {
        f"{PREFIX}{name.upper()}": _spelled(value) for name, value in values.items() if value is not None
    }
    return os.environ | chosen | more


def _spelled(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def masked(settings: Settings) -> dict[str, str]:
    """The effective settings by variable name, without the passwords inside addresses."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    values |= {
        "home": settings.root,
        "database_url": settings.database,
        "broker_url": settings.broker,
        "storage_url": settings.storage,
        "model_server_url": " ".join(settings.model_servers),
        "site_secret_file": settings.secret_file,
        "notify_urls": " ".join(url.split("://")[0] + "://…" for url in settings.notify_urls.split()),
    }
    return {f"{PREFIX}{name.upper()}": _without_password(value) for name, value in values.items()}


def _without_password(value: object) -> str:
    text = "" if value is None else str(value)
    password = urlsplit(text).password if "://" in text and "@" in text else None
    return text.replace(f":{password}@", ":…@") if password else text
