"""Hyperparameters: each has a default and bounds, what is unknown or cannot be is refused by name."""

import math

import pytest

from shared.domain.recipe import (
    RECIPES,
    CausalRecipe,
    RecipeError,
    SegmentationRecipe,
    TextRecipe,
    parse_recipe,
    shared_by,
)

TINY = 1e-300  # the least that is above nothing
# By family and name: default, lowest and highest.
BOUNDS = {
    "text_classifier": {
        "epochs": (3, 0, 100),
        "batch_size": (16, 1, 512),
        "accumulation": (1, 1, 512),
        "learning_rate": (1e-3, TINY, 1),
        "warmup_share": (0.1, 0, 0.9),
        "weight_decay": (0.01, 0, 1),
        "label_smoothing": (0.1, 0, math.nextafter(1, 0)),
        "top_layers": (3, 1, 64),
        "lora_r": (16, 1, 256),
        "lora_alpha": (32.0, TINY, 1024),
        "max_tokens": (128, 8, 512),
        "head_penalty": (1e-4, TINY, 10),
        "held_back_share": (0.2, 0, 0.5),
        "checkpoint_steps": (20, 1, 100_000),
        "search_trials": (0, 0, 1000),
        "search_minutes": (0.0, 0, 10_080),
    },
    "segmentation": {
        "epochs": (None, 0, 200),
        "batch_size": (2, 1, 128),
        "accumulation": (1, 1, 128),
        "prompts": (1, 1, 64),
        "learning_rate": (1e-3, TINY, 1),
        "warmup_share": (0.05, 0, 0.9),
        "weight_decay": (0.01, 0, 1),
        "lora_r": (8, 1, 256),
        "lora_alpha": (16.0, TINY, 1024),
        "whole_share": (0.5, 0, 1),
        "point_share": (0.1, 0, 1),
        "max_pictures": (1000, 2, 1_000_000),
        "max_tiles": (400, 1, 1_000_000),
        "tiles": (0, 0, 8),
        "held_back_share": (0.1, 0, 0.5),
        "checkpoint_steps": (20, 1, 100_000),
    },
    "causal_lm": {
        "epochs": (3, 1, 100),
        "batch_size": (8, 1, 512),
        "accumulation": (1, 1, 512),
        "learning_rate": (1e-3, TINY, 1),
        "warmup_share": (0.1, 0, 0.9),
        "weight_decay": (0.01, 0, 1),
        "top_layers": (8, 1, 256),
        "lora_r": (16, 1, 256),
        "lora_alpha": (32.0, TINY, 1024),
        "max_tokens": (512, 8, 131_072),
        "pack_tokens": (1024, 8, 1_048_576),
        "head_penalty": (1e-3, TINY, 10),
        "held_back_share": (0.1, 0, 0.5),
        "held_back_most": (100, 0, 10_000),
        "checkpoint_steps": (20, 1, 100_000),
    },
}
EACH = [(family, name, *bounds) for family, names in BOUNDS.items() for name, bounds in names.items()]
# What a value needs beside it to be allowed.
BESIDE = {
    "search_minutes": {"search_trials": 1},
    "whole_share": {"point_share": 0},
    "point_share": {"whole_share": 0},
}


@pytest.mark.parametrize(("family", "name", "default", "low", "high"), EACH)
def test_each_has_its_default_and_bounds(family, name, default, low, high):
    assert getattr(parse_recipe(family, {}), name) == default
    beside = BESIDE.get(name, {})
    for value in (low, high):
        assert getattr(parse_recipe(family, beside | {name: value}), name) == value
    step = 1 if type(low) is type(high) is int and isinstance(default, int | None) else 1e-9
    for value in (
        0 if low == TINY else low - step,
        1 if high < 1 < high + step else high + step,
        math.inf,
        math.nan,
    ):
        with pytest.raises(RecipeError) as refused:
            parse_recipe(family, beside | {name: value})
        assert refused.value.field == name


def test_the_table_holds_every_number():
    words = {"text_classifier": {"rung"}, "causal_lm": {"prompt"}, "segmentation": {"contrast"}}
    for family, recipe in RECIPES.items():
        assert recipe.model_fields.keys() == BOUNDS[family].keys() | words[family]


def test_numbers_may_come_as_text():
    assert parse_recipe("text_classifier", {"epochs": "4", "rung": "head"}) == TextRecipe(
        epochs=4, rung="head"
    )
    assert parse_recipe("segmentation", {"tiles": "2"}) == SegmentationRecipe(tiles=2)


@pytest.mark.parametrize("rung", ["best", "head", "lora"])
def test_a_classifier_has_three_rungs(rung):
    assert parse_recipe("text_classifier", {"rung": rung}).rung == rung
    assert parse_recipe("text_classifier", {}).rung == "best"


def refusal(family, wish) -> RecipeError:
    with pytest.raises(RecipeError) as refused:
        parse_recipe(family, wish)
    return refused.value


def test_a_family_that_cannot_be_trained_is_named_with_those_that_can():
    error = refusal("oracle", {})
    assert (error.field, error.code) == ("family", "bad_recipe")
    assert (
        "oracle" in str(error) and error.fix == "families that can: text_classifier, causal_lm, segmentation"
    )


@pytest.mark.parametrize("family", list(RECIPES))
def test_an_unknown_name_is_refused_with_the_names_that_are_known(family):
    error = refusal(family, {"epoch": 3})
    assert error.field == "epoch" and "hyperparameter epoch: " in str(error)
    assert error.fix == f"hyperparameters are {', '.join(RECIPES[family].model_fields)}"


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"search_minutes": 5}, "search_trials asks for none"),
        ({"search_trials": 5, "rung": "head"}, "a search tries LoRA"),
        ({"search_trials": 5, "epochs": 0}, "a search tries LoRA"),
        ({"search_trials": 5, "held_back_share": 0}, "held_back_share is 0"),
    ],
)
def test_a_search_with_nothing_to_do_is_refused(wish, why):
    error = refusal("text_classifier", wish)
    assert error.field == "recipe" and why in str(error) and "hyperparameter :" not in str(error)


def test_a_search_that_has_something_to_do_is_not_refused():
    assert (
        parse_recipe(
            "text_classifier", {"search_trials": 5, "search_minutes": 1, "rung": "lora"}
        ).search_trials
        == 5
    )
    assert parse_recipe("text_classifier", {"rung": "head", "epochs": 0, "held_back_share": 0}).epochs == 0


def test_prompts_of_a_picture_are_shared_out_to_no_more_than_all():
    assert parse_recipe("segmentation", {"whole_share": 0.75, "point_share": 0.25}).whole_share == 0.75
    assert "more than 1 together" in str(refusal("segmentation", {"whole_share": 0.75, "point_share": 0.5}))


def test_a_prompt_has_one_place_for_the_case():
    assert CausalRecipe().prompt.count("{text}") == 1
    assert parse_recipe("causal_lm", {"prompt": "{text}" + "x" * 3994}).prompt.startswith("{text}x")
    for prompt in ("no place", "{text} and {text}", "{text}" + "x" * 3995):
        assert refusal("causal_lm", {"prompt": prompt}).field == "prompt"


def test_a_recipe_does_not_change():
    for recipe in RECIPES.values():
        with pytest.raises(ValueError, match="frozen"):
            recipe().epochs = 9


@pytest.mark.parametrize(
    ("recipe", "processes"),
    [
        (TextRecipe(accumulation=2), 2),
        (TextRecipe(accumulation=8), 4),
        (TextRecipe(accumulation=8, search_trials=3), 1),
        (CausalRecipe(accumulation=3), 3),
    ],
)
def test_no_more_processes_than_parts_of_a_batch_have_something_to_do(recipe, processes):
    assert shared_by(recipe, 4) == processes
