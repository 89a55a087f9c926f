"""An inspection as ``jettison.inspect/v1``, a comparison as ``jettison.compare/v1``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jettison.inspect.comparison import Change, Comparison, Side
from jettison.inspect.inspection import (
    Duplicate,
    InspectedLayer,
    Inspection,
    OwnedFile,
    OwnerShare,
)
from jettison.inspect.owner import Owner, OwnerKind

SCHEMA = "jettison.inspect/v1"
COMPARE_SCHEMA = "jettison.compare/v1"
# The largest of them; the totals beside the lists count all.
_FILES_LISTED = 100


def inspection_document(image: Inspection) -> dict[str, Any]:
    """Give the document; sizes are uncompressed bytes, paths are absolute."""
    return {
        "schema": SCHEMA,
        "image": image.name,
        "platform": image.platform,
        "size": image.size,
        "compressed_size": image.compressed_size,
        "base": {
            "layers": sum(layer.base for layer in image.layers),
            "known_by": image.base_known_by or None,
        },
        "kinds": _kinds(image.kinds),
        "layers": [_layer(layer) for layer in image.layers],
        "owners": [_share(share) for share in image.owners],
        "wasted": {
            "size": image.wasted_size,
            "files": len(image.wasted),
            "largest": [_wasted(one) for one in image.wasted[:_FILES_LISTED]],
        },
        "duplicates": {
            "size": image.duplicated_size,
            "groups": len(image.duplicates),
            "largest": [_duplicate(one) for one in image.duplicates[:_FILES_LISTED]],
        },
    }


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Give what grew, shrank, and is in one image only; ``growth`` is bytes of the second more."""
    return {
        "schema": COMPARE_SCHEMA,
        "before": _compared(comparison.before),
        "after": _compared(comparison.after),
        "growth": comparison.after.size - comparison.before.size,
        "grew": _changes(comparison.grew),
        "shrank": _changes(comparison.shrank),
        "only_before": _changes(comparison.only_before),
        "only_after": _changes(comparison.only_after),
        "same": comparison.same,
    }


def _kinds(kinds: Mapping[OwnerKind, int]) -> dict[str, int]:
    return {kind.value: kinds[kind] for kind in OwnerKind}


def _layer(layer: InspectedLayer) -> dict[str, Any]:
    return {
        "diff_id": layer.diff_id,
        "created_by": layer.created_by,
        "base": layer.base,
        "size": layer.size,
        "compressed_size": layer.compressed_size,
        "files": layer.files,
        "wasted": layer.wasted,
        "kinds": _kinds(layer.kinds),
    }


def _owner(owner: Owner) -> dict[str, Any]:
    return {"kind": owner.kind.value, "name": owner.name, "version": owner.version or None}


def _share(share: OwnerShare) -> dict[str, Any]:
    return {
        **_owner(share.owner),
        "size": share.size,
        "wasted": share.wasted,
        "files": share.files,
        "layers": [{"layer": layer, "size": size} for layer, size in share.layers.items()],
    }


def _wasted(one: OwnedFile) -> dict[str, Any]:
    hidden = one.file.hidden
    return {
        "path": f"/{one.file.path}",
        "size": one.file.size,
        "layer": one.file.layer,
        "hidden_by": hidden.layer if hidden else None,
        "how": hidden.how.value if hidden else None,
        "owner": _owner(one.owner),
    }


def _duplicate(one: Duplicate) -> dict[str, Any]:
    return {
        "size": one.size,
        "wasted": one.wasted,
        "files": [
            {"path": f"/{each.file.path}", "owner": _owner(each.owner)} for each in one.files
        ],
    }


def _compared(image: Inspection) -> dict[str, Any]:
    return {
        "image": image.name,
        "size": image.size,
        "compressed_size": image.compressed_size,
        "wasted": image.wasted_size,
        "kinds": _kinds(image.kinds),
    }


def _changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {
            "kind": change.kind.value,
            "name": change.name,
            "growth": change.growth,
            "before": _side(change.before),
            "after": _side(change.after),
        }
        for change in changes
    ]


def _side(side: Side | None) -> dict[str, Any] | None:
    return {"size": side.size, "version": side.version or None} if side else None
