"""Hyperparameters of a training as data: each has a default and bounds, and an unknown one is refused."""

from collections.abc import Mapping
from typing import Literal, Self, overload

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shared.errors import InvalidInputError


class RecipeError(InvalidInputError):
    """A hyperparameter is unknown or out of bounds."""

    code = "bad_recipe"


class TextRecipe(BaseModel):
    """How a text classifier learns: a linear head first, then LoRA on the top layers from that head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rung: Literal["best", "head", "lora"] = Field(
        "best", description="the head alone, LoRA from it, or what answers persons held back better"
    )
    epochs: int = Field(3, ge=0, le=100, description="passes of LoRA over the cases; 0 keeps the head alone")
    batch_size: int = Field(16, ge=1, le=512, description="cases a step")
    accumulation: int = Field(
        1, ge=1, le=512, description="parts of a batch: in turn to save memory, or shared by processes"
    )
    learning_rate: float = Field(1e-3, gt=0, le=1, description="highest rate of the adapter and the head")
    warmup_share: float = Field(0.1, ge=0, le=0.9, description="share of the steps that raise the rate")
    weight_decay: float = Field(0.01, ge=0, le=1, description="of the adapter and the head")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="share of the target spread over all labels")
    top_layers: int = Field(3, ge=1, le=64, description="layers that are adapted; those below are frozen")
    lora_r: int = Field(16, ge=1, le=256, description="rank of the adapter")
    lora_alpha: float = Field(32.0, gt=0, le=1024, description="scale of the adapter, divided by its rank")
    max_tokens: int = Field(128, ge=8, le=512, description="longer texts are cut")
    head_penalty: float = Field(1e-4, gt=0, le=10, description="L2 penalty of the head that is fitted first")
    held_back_share: float = Field(0.2, ge=0, le=0.5, description="cases, by person, that calibrate a twin")
    checkpoint_steps: int = Field(20, ge=1, le=100_000, description="steps between two checkpoints")
    search_trials: int = Field(0, ge=0, le=1000, description="sets of hyperparameters to try; 0 tries none")
    search_minutes: float = Field(0.0, ge=0, le=10_080, description="no trial begins later; 0 is no limit")

    @model_validator(mode="after")
    def _search_has_something_to_do(self) -> Self:
        if self.search_minutes and not self.search_trials:
            raise ValueError("search_minutes limits a search, and search_trials asks for none")
        if self.search_trials and (self.rung == "head" or not self.epochs):
            raise ValueError("a search tries LoRA, and rung or epochs leave it out")
        if self.search_trials and not self.held_back_share:
            raise ValueError("a search is judged by persons held back, and held_back_share is 0")
        return self


class SegmentationRecipe(BaseModel):
    """How a segmenter learns: LoRA and small heads of the mask decoder, over embeddings made once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int | None = Field(
        None,
        ge=0,
        le=200,
        description="passes over the pictures, unnamed as many as it needs; 0 learns nothing",
    )
    batch_size: int = Field(2, ge=1, le=128, description="pictures, or tiles of one, a step")
    accumulation: int = Field(
        1, ge=1, le=128, description="parts of a batch, computed in turn to save memory"
    )
    prompts: int = Field(1, ge=1, le=64, description="boxes, points or whole images asked of each a step")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="highest rate of the adapter and the heads")
    warmup_share: float = Field(0.05, ge=0, le=0.9, description="share of the steps that raise the rate")
    weight_decay: float = Field(0.01, ge=0, le=1, description="of the adapter and the heads")
    lora_r: int = Field(8, ge=1, le=256, description="rank of the adapter")
    lora_alpha: float = Field(16.0, gt=0, le=1024, description="scale of the adapter, divided by its rank")
    whole_share: float = Field(0.5, ge=0, le=1, description="share of the prompts that are the whole image")
    point_share: float = Field(0.1, ge=0, le=1, description="share of the prompts that are a point")
    max_pictures: int = Field(
        1000, ge=2, le=1_000_000, description="pictures learnt from, spread over persons"
    )
    max_tiles: int = Field(
        400, ge=1, le=1_000_000, description="tiles learnt from, where a picture is cut, spread over pictures"
    )
    tiles: int = Field(0, ge=0, le=8, description="parts a side of a picture; 0 chooses by the masks")
    contrast: Literal["auto", "whole", "local"] = Field(
        "auto", description="brightness as the picture has it, or beside what surrounds; auto: for lines"
    )
    held_back_share: float = Field(0.1, ge=0, le=0.5, description="persons that compare with the untrained")
    checkpoint_steps: int = Field(20, ge=1, le=100_000, description="steps between two checkpoints")

    @model_validator(mode="after")
    def _shares_fit(self) -> "SegmentationRecipe":
        if self.whole_share + self.point_share > 1:
            raise ValueError("whole_share and point_share are more than 1 together")
        return self


class CausalRecipe(BaseModel):
    """How an LLM learns to answer: LoRA on its top layers, over the states of those below, made once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str = Field(
        "Patient: {text}\nDiagnosis:", max_length=4000, description="what comes before the label"
    )
    epochs: int = Field(3, ge=1, le=100, description="passes over the cases")
    batch_size: int = Field(8, ge=1, le=512, description="cases a step")
    accumulation: int = Field(1, ge=1, le=512, description="divides pack_tokens, to save memory")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="highest rate of the adapter and the head")
    warmup_share: float = Field(0.1, ge=0, le=0.9, description="share of the steps that raise the rate")
    weight_decay: float = Field(0.01, ge=0, le=1, description="of the adapter and the head")
    top_layers: int = Field(8, ge=1, le=256, description="layers that are adapted; those below are frozen")
    lora_r: int = Field(16, ge=1, le=256, description="rank of the adapter")
    lora_alpha: float = Field(32.0, gt=0, le=1024, description="scale of the adapter, divided by its rank")
    max_tokens: int = Field(512, ge=8, le=131_072, description="of a longer prompt the middle is left out")
    pack_tokens: int = Field(1024, ge=8, le=1_048_576, description="tokens computed at once")
    head_penalty: float = Field(1e-3, gt=0, le=10, description="L2 penalty of the head that is fitted first")
    held_back_share: float = Field(0.1, ge=0, le=0.5, description="cases, by person, that prove the model")
    held_back_most: int = Field(100, ge=0, le=10_000, description="cases held back at most")
    checkpoint_steps: int = Field(20, ge=1, le=100_000, description="steps between two checkpoints")

    @field_validator("prompt")
    @classmethod
    def _has_one_place(cls, value: str) -> str:
        if value.count("{text}") != 1:
            raise ValueError("must hold {text} once, where the case goes")
        return value


Recipe = TextRecipe | CausalRecipe | SegmentationRecipe


def shared_by(recipe: Recipe, processes: int) -> int:
    """How many of so many processes have something to do: a batch's parts are shared out, trials are not."""
    is_search = isinstance(recipe, TextRecipe) and bool(recipe.search_trials)
    return 1 if is_search else min(processes, recipe.accumulation)


RECIPES: Mapping[str, type[Recipe]] = {
    "text_classifier": TextRecipe,
    "causal_lm": CausalRecipe,
    "segmentation": SegmentationRecipe,
}


@overload
def parse_recipe(family: Literal["text_classifier"], wish: Mapping[str, object]) -> TextRecipe: ...


@overload
def parse_recipe(family: Literal["causal_lm"], wish: Mapping[str, object]) -> CausalRecipe: ...


@overload
def parse_recipe(family: Literal["segmentation"], wish: Mapping[str, object]) -> SegmentationRecipe: ...


@overload
def parse_recipe(family: str, wish: Mapping[str, object]) -> Recipe: ...


def parse_recipe(family: str, wish: Mapping[str, object]) -> Recipe:
    """Fill a wish up with the defaults; numbers may come as text, as the command line gives them.

    Raises:
        RecipeError: naming the hyperparameter and what would be right.
    """
    if family not in RECIPES:
        known = ", ".join(RECIPES)
        raise RecipeError(f"{family} cannot be trained", field="family", fix=f"families that can: {known}")
    try:
        return RECIPES[family](**wish)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        said = f"hyperparameter {name}: {first['msg']}" if name else first["msg"]
        fix = f"hyperparameters are {', '.join(RECIPES[family].model_fields)}"
        raise RecipeError(said, field=name or "recipe", fix=fix) from None
