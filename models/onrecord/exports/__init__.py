"""Labelled articles in the formats of other tools.

Each module holds one foreign format as a pure function over the wire form of labelled articles
(the objects that `onrecord label` writes and `POST /v1/extract` returns).
"""

from .brat import BratFiles, to_brat
from .common import ExportError
from .dna import DNA_COLUMNS, to_dna
from .label_studio import LABELLING_CONFIG, to_label_studio
from .network import Network, build_network, to_graphml
from .schema_org import to_quotations
from .web_annotation import to_web_annotations

__all__ = [
    "DNA_COLUMNS",
    "LABELLING_CONFIG",
    "BratFiles",
    "ExportError",
    "Network",
    "build_network",
    "to_brat",
    "to_dna",
    "to_graphml",
    "to_label_studio",
    "to_quotations",
    "to_web_annotations",
]
