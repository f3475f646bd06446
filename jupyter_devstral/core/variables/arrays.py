"""Arrays and tensors of numpy, torch, tensorflow, jax and scipy.sparse: shape and dtype, never a value."""

from __future__ import annotations

from typing import Any

from .type_facts import MISSING, known_as, library_attribute, module_of, name_of

# (package, class) -> how it is called, and which facts to read.
ARRAYS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("numpy", "ndarray"): ("numpy array", ()),
    ("torch", "Tensor"): ("torch tensor", ("device", "requires_grad")),
    ("tensorflow", "Tensor"): ("tensorflow tensor", ("device",)),
    ("tensorflow", "EagerTensor"): ("tensorflow tensor", ("device",)),
    ("tensorflow", "Variable"): ("tensorflow variable", ("device",)),
    ("tensorflow", "BaseResourceVariable"): ("tensorflow variable", ("device",)),
    ("jax", "Array"): ("jax array", ()),
    ("jax", "ArrayImpl"): ("jax array", ()),
    ("jaxlib", "ArrayImpl"): ("jax array", ()),
    ("jaxlib", "Array"): ("jax array", ()),
    ("cupy", "ndarray"): ("cupy array", ()),
    ("scipy", "spmatrix"): ("scipy sparse matrix", ("format", "nnz")),
    ("scipy", "sparray"): ("scipy sparse array", ("format", "nnz")),
    ("scipy", "_spbase"): ("scipy sparse array", ("format", "nnz")),
}
_FIELDS_SHOWN = 20


def array_text(value: object) -> str | None:
    """`numpy array, shape (100, 3), float64`; None when `value` is no array."""
    key = known_as(type(value), ARRAYS)
    if key is None:
        return None
    label, facts = ARRAYS[key]
    if name_of(type(value)) not in (key[1], "EagerTensor", "ArrayImpl", "ResourceVariable"):
        label = f"{label} ({name_of(type(value))})"
    parts = [label, f"shape {_shape(library_attribute(value, key[0], 'shape'))}"]
    parts.append(dtype_text(library_attribute(value, key[0], "dtype")))
    for fact in facts:
        found = library_attribute(value, key[0], fact)
        if fact == "requires_grad":
            parts += ["requires_grad"] if found is True else []
        elif found is not MISSING:
            parts.append(f"{fact} {str(found)[:60]}")
    return ", ".join(part for part in parts if part)


def array_brief(value: object) -> str:
    """`numpy array (100, 3) float64`, for an array inside a container."""
    root, _ = known_as(type(value), ARRAYS) or ("", "")
    shape = _shape(library_attribute(value, root, "shape"))
    return f"{root} array {shape} {dtype_text(library_attribute(value, root, 'dtype'))}"


def _shape(shape: Any) -> str:
    if shape is MISSING or shape is None:
        return "unknown"
    try:
        return str(tuple(None if size is None else int(size) for size in shape))
    except (TypeError, ValueError):
        return str(shape)[:80]


def dtype_text(dtype: Any) -> str:
    """A dtype in its library's words, without the library's name; fields of a structured one by name."""
    if dtype is MISSING:
        return ""
    names = getattr(dtype, "names", None) if module_of(type(dtype)).startswith("numpy") else None
    if names:
        fields = ", ".join(f"{name} {dtype[name]}" for name in names[:_FIELDS_SHOWN])
        return f"fields {fields}" + (", …" if len(names) > _FIELDS_SHOWN else "")
    if module_of(type(dtype)).startswith("tensorflow"):
        return str(getattr(dtype, "name", dtype))[:80]
    return str(dtype).removeprefix("torch.").removeprefix("jax.numpy.")[:80]
