"""Actors: who stands behind a statement's source, and whom that actor represents."""

from onrecord.actors.registry import ActorRegistry
from onrecord.actors.resolver import ActorResolver, joint_actor

__all__ = ["ActorRegistry", "ActorResolver", "joint_actor"]
