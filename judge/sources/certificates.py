"""PATH -> the certificates of judges that lie beside it: what `kojudge qualify` has left there.

OUT/kojudge-qualify/certificates/<judge>.<judge digest>.json
OUT/kojudge-qualify/certificates/<judge>.<judge digest>.<probes digest>.json    on probes of one's own
OUT/kojudge-qualify/<probes digest>/                             the run of the probes, as any run
OUT/kojudge-qualify/<probes digest>.again/<day>/                 later checks, runs as well
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from judge.errors import InputError
from judge.files import read_json, replace_text
from judge.packs.probes import load_probes
from judge.runs.names import QUALIFY, safe_part
from judge.tables.certificate import Certificate


def qualify_folder(out: Path) -> Path:
    """Return where all that has to do with qualifying judges lies below an output folder."""
    return out / QUALIFY


def certificate_file(out: Path, judge: str, judge_digest: str, own_probes: str = "") -> Path:
    """Return the file of a judge's certificate. `own_probes`: digest of a probe set that is not the built-in one."""
    name = ".".join((safe_part(judge), judge_digest, *([own_probes] if own_probes else []), "json"))
    return qualify_folder(out) / "certificates" / name


def read_certificate(path: Path) -> Certificate | None:
    """Return a certificate, None where there is none. Raises InputError for a broken file."""
    try:
        return read_json(path, Certificate) if path.is_file() else None
    except InputError as broken:
        mend = "delete the file and run the same kojudge qualify again; its verdicts are kept"
        raise InputError(str(broken), mend=mend) from None


def write_certificate(out: Path, certificate: Certificate) -> Path:
    """Write a certificate in one step and return its file."""
    own = certificate.probes if certificate.own_probes else ""
    path = certificate_file(out, certificate.judge, certificate.judge_digest, own)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, certificate.model_dump_json(indent=2) + "\n")
    return path


def find_certificates(paths: Sequence[Path]) -> dict[str, Certificate]:
    """Return judge digest -> certificate, of those in, below or up to four folders above the paths.

    One on the built-in probes counts before those on probes of one's own, one on these probes before those on the
    built-in probes of another release, and the newest of them, of two of one time the nearest.

    Raises InputError for a broken file.
    """
    places = {place: None for path in paths for place in (path.resolve(), *path.resolve().parents[:4])}
    below = [folder.parent for path in paths if path.is_dir() for folder in sorted(path.resolve().rglob(QUALIFY))]
    near = dict.fromkeys([*places, *below])
    files = [file for place in near for file in sorted(qualify_folder(place).glob("certificates/*.json"))]
    current = load_probes().digest if files else ""
    found: dict[str, Certificate] = {}
    for file in files:
        one = read_certificate(file)
        if one is None:
            continue
        if not one.own_probes and one.probes != current:
            one = one.model_copy(update={"outdated": True})
        old = found.get(one.judge_digest)
        if old is None or _worth(one) > _worth(old):
            found[one.judge_digest] = one
    return found


def _worth(one: Certificate) -> tuple[bool, bool, str, str]:
    return not one.own_probes, not one.outdated, one.date, one.begun
