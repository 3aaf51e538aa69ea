"""The actor x issue network, as GraphML and as tables of nodes and edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from .common import ActorLevel, Labelled, actor_kind, actor_name, issue_name

NODE_COLUMNS = ("Id", "Label", "type", "kind", "statements")
EDGE_COLUMNS = (
    "Source",
    "Target",
    "Type",
    "weight",
    "sign",
    "polarity",
    "count",
    "favor",
    "against",
    "neutral",
)


@dataclass(slots=True)
class Edge:
    """What one actor said on one issue.

    Args:
        favor: Statements for it.
        against: Statements against it.
        neutral: Statements that take no side.
    """

    favor: int = 0
    against: int = 0
    neutral: int = 0

    @property
    def count(self) -> int:
        """All statements."""
        return self.favor + self.against + self.neutral

    @property
    def weight(self) -> int:
        """The signed weight: statements for minus statements against."""
        return self.favor - self.against

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.weight > 0) - (self.weight < 0)

    @property
    def polarity(self) -> float:
        """Mean polarity in [-1, 1]."""
        return round(self.weight / self.count, 4)


@dataclass(slots=True)
class Network:
    """Actors and issues, and what each said on each; memory grows with distinct pairs only.

    Args:
        kinds: Actor to kind.
        edges: (actor, issue) to edge.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    edges: dict[tuple[str, str], Edge] = field(default_factory=dict)

    def nodes(self) -> Iterator[dict[str, str | int]]:
        """Yield nodes with the keys of `NODE_COLUMNS`, actors first, both in order of name."""
        for kind, place in (("actor", 0), ("issue", 1)):
            counts: dict[str, int] = {}
            for pair, edge in self.edges.items():
                counts[pair[place]] = counts.get(pair[place], 0) + edge.count
            for name in sorted(counts):
                yield {
                    "Id": f"{kind}:{name}",
                    "Label": name,
                    "type": kind,
                    "kind": self.kinds.get(name, "unknown") if kind == "actor" else "issue",
                    "statements": counts[name],
                }

    def links(self) -> Iterator[dict[str, str | int | float]]:
        """Yield edges with the keys of `EDGE_COLUMNS`, in order of name."""
        for (actor, issue), edge in sorted(self.edges.items()):
            yield {
                "Source": f"actor:{actor}",
                "Target": f"issue:{issue}",
                "Type": "Directed",
                "weight": edge.weight,
                "sign": edge.sign,
                "polarity": edge.polarity,
                "count": edge.count,
                "favor": edge.favor,
                "against": edge.against,
                "neutral": edge.neutral,
            }


def build_network(articles: Iterable[Labelled], *, level: ActorLevel = "represents") -> Network:
    """Count who said what for and against which issue.

    Args:
        articles: Labelled articles.
        level: Whose positions are counted.

    Returns:
        The network; statements without an actor or an issue are not part of it.
    """
    network = Network()
    for article in articles:
        for statement in article["statements"]:
            actor, issue = actor_name(statement, level), issue_name(statement)
            if actor is None or issue is None:
                continue
            network.kinds.setdefault(actor, actor_kind(statement, level))
            edge = network.edges.setdefault((actor, issue), Edge())
            setattr(edge, statement["polarity"], getattr(edge, statement["polarity"]) + 1)
    return network


def to_graphml(network: Network) -> Iterator[str]:
    """Write a network as GraphML.

    Args:
        network: From `build_network`.

    Yields:
        Lines with their line feeds. `weight` is signed; `count` is what to size edges by in tools
        that take positive weights only.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for name, kind in _NODE_TYPES.items():
        yield f'<key id="{name}" for="node" attr.name="{name}" attr.type="{kind}"/>\n'
    for name, kind in _EDGE_TYPES.items():
        yield f'<key id="{name}" for="edge" attr.name="{name}" attr.type="{kind}"/>\n'
    yield '<graph id="onrecord" edgedefault="directed">\n'
    for node in network.nodes():
        data = {"label": node["Label"], **{k: node[k] for k in ("type", "kind", "statements")}}
        yield f"<node id={_attribute(node['Id'])}>{_data(data)}</node>\n"
    for number, link in enumerate(network.links()):
        ends = f"source={_attribute(link['Source'])} target={_attribute(link['Target'])}"
        values = {name: link[name] for name in _EDGE_TYPES}
        yield f'<edge id="e{number}" {ends}>{_data(values)}</edge>\n'
    yield "</graph>\n</graphml>\n"


_NODE_TYPES = {"label": "string", "type": "string", "kind": "string", "statements": "int"}
_EDGE_TYPES = {
    "weight": "int",
    "sign": "int",
    "polarity": "double",
    "count": "int",
    "favor": "int",
    "against": "int",
    "neutral": "int",
}


def _data(values: Mapping[str, object]) -> str:
    return "".join(
        f'<data key="{key}">{escape(_xml(str(value)))}</data>' for key, value in values.items()
    )


def _attribute(value: object) -> str:
    return quoteattr(_xml(str(value)))


def _xml(text: str) -> str:
    """Drop the characters that XML 1.0 cannot hold."""
    return "".join(char for char in text if char >= " " and not "\ud800" <= char <= "\udfff")
