"""Whole invented articles: the share of sources whose actor and principal are right."""

from __future__ import annotations  # noqa: I001

import pytest
from onrecord.actors import ActorResolver
from onrecord.actors.resolver import joint_actor
from tests.models.actors.golden import Marked, read_all

ARTICLES = read_all()
ACTORS_FLOOR = 0.95
REPRESENTS_FLOOR = 0.93
ARTICLE_FLOOR = 0.75


@pytest.fixture(scope="module")
def resolver() -> ActorResolver:
    return ActorResolver()


def _right(resolver: ActorResolver, marked: Marked) -> tuple[int, int]:
    actors = represents = 0
    for found, actor, principal in zip(
        resolver.resolve(marked.article, marked.statements),
        marked.actors,
        marked.represents,
        strict=True,
    ):
        whole = joint_actor(found)
        actors += whole is not None and whole.name == actor
        named = whole.represents.name if whole and whole.represents else ""
        represents += named == principal
    return actors, represents


def test_there_are_twelve_articles_of_article_length():
    assert len(ARTICLES) >= 12
    for marked in ARTICLES:
        assert 400 <= len(marked.article.text.split()) <= 900, marked.name
        assert len(marked.actors) >= 15, marked.name


@pytest.mark.parametrize("marked", ARTICLES, ids=lambda item: item.name)
def test_most_actors_of_each_article_are_right(resolver, marked):
    actors, _ = _right(resolver, marked)
    assert actors / len(marked.actors) >= ARTICLE_FLOOR


def test_actors_and_principals_of_all_articles_reach_their_floors(resolver):
    total = sum(len(marked.actors) for marked in ARTICLES)
    scores = [_right(resolver, marked) for marked in ARTICLES]
    assert sum(actors for actors, _ in scores) / total >= ACTORS_FLOOR
    assert sum(represents for _, represents in scores) / total >= REPRESENTS_FLOOR
