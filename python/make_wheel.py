"""Puts the program, its libraries and the built-in models into the package's wheel: bin/wheel calls it.

    make_wheel.py BUILD DIST

BUILD has what bin/link/program made: `plumb`, which is plumb-server too, and `archives.txt`, the libraries that are
linked into it.

The program goes where scripts go, as it is, so that it starts without Python; its libraries to `share/plumb/lib` and
the models to `share/plumb/models`, where the program looks for them. (`pip install --target` drops what is in `lib`.) Needs
hatchling and wheel.

`auditwheel repair` is not used: it replaces a program in `scripts` by a Python script that starts it. `auditwheel show`
calls the wheel "consistent with linux_x86_64", since in the archive the libraries do not lie where the program finds them once
it is installed; the tag to which it says that the versions of symbols constrain the wheel is the one that is set here, which
tests/test_wheel.py checks.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A wheel has no links.
SERVER = '#!/bin/sh\nexec "${0%/*}/plumb" serve "$@"\n'
# The libraries of C and C++ are the system's own, as in every manylinux wheel: what is opened at run time (libheif) may need
# newer ones than those here, and a process has only one of each.
SYSTEM = re.compile(r"^(linux-vdso|ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|stdc\+\+|gcc_s))\.so")


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def libraries(program):
    """The shared libraries of a program that are not the C library, by their names."""
    found = {}
    for line in run("ldd", program).splitlines():
        name, _, place = line.strip().partition(" => ")
        if SYSTEM.match(name) or name.startswith("/"):
            continue
        path = place.split(" ")[0]
        if not path.startswith("/"):
            sys.exit(f"bin/wheel: {program} needs {name}, which is not there.")
        if name.startswith("libswift") or name.startswith("libFoundation"):
            sys.exit(f"bin/wheel: {program} needs {path} of Swift, which should be linked into it.")
        found[name] = pathlib.Path(path).resolve()
    return found


def glibc(files):
    """The oldest C library that all files work with."""
    versions = [(2, 17)]
    for file in files:
        for version in re.findall(r"\bGLIBC_2\.(\d+)", run("objdump", "-p", file)):
            versions.append((2, int(version)))
    return max(versions)


def add_program(folder, program):
    """Copies the program and its libraries into the data folder of a wheel. Returns the files, and where each library is from."""
    scripts, shared = folder / "scripts", folder / "data" / "share" / "plumb" / "lib"
    scripts.mkdir(parents=True)
    shared.mkdir(parents=True)
    needed = libraries(program)
    shutil.copy(program, scripts / "plumb")
    files = [scripts / "plumb"]
    server = scripts / "plumb-server"
    server.write_text(SERVER)
    server.chmod(0o755)
    for name, path in sorted(needed.items()):
        shutil.copy(path, shared / name)
        (shared / name).chmod(0o755)
        run("strip", "--strip-unneeded", shared / name)
        files.append(shared / name)
    return files, needed


def add_licences(folder, libraries):
    """Copies the licences of Plumb, of the libraries with it or in it, of Swift and of its packages."""
    folder.mkdir(exist_ok=True)
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, folder / name)
    others = {
        f"swift-packages/{file.parent.name}/{file.name}": file for file in (ROOT / ".build").glob("checkouts/*/[LN][IO][CT]*")
    }
    swift = pathlib.Path(json.loads(run("swift", "-print-target-info"))["paths"]["runtimeResourcePath"])
    others["swift/LICENSE.txt"] = swift.parents[1] / "share" / "swift" / "LICENSE.txt"
    for library in libraries:
        package = run("dpkg-query", "--search", f"*/{library.name}").split(":")[0]
        others[f"debian/{package}.txt"] = pathlib.Path("/usr/share/doc", package, "copyright")
    for name, file in sorted(others.items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / name)


def main():
    build, dist = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    dist.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        run(*pip, "--wheel-dir", work, ROOT / "python")
        run(sys.executable, "-m", "wheel", "unpack", "--dest", work / "open", next(work.glob("*.whl")))
        folder = next((work / "open").iterdir())
        data = folder / f"{folder.name}.data"
        files, needed = add_program(data, build / "plumb")
        models = data / "data" / "share" / "plumb" / "models"
        for model in sorted((ROOT / "Models").iterdir()):
            shutil.copytree(model, models / model.name)
        archives = [pathlib.Path(line) for line in (build / "archives.txt").read_text().splitlines()]
        add_licences(folder / f"{folder.name}.dist-info" / "licenses", [*needed.values(), *archives])
        major, minor = glibc(files)
        tag = f"py3-none-manylinux_{major}_{minor}_x86_64"
        about = folder / f"{folder.name}.dist-info" / "WHEEL"
        text = re.sub(r"^Tag: .*\n", "", about.read_text(), flags=re.M)
        text = text.replace("Root-Is-Purelib: true", "Root-Is-Purelib: false")
        about.write_text(f"{text.rstrip()}\nTag: {tag}\n")
        (folder / f"{folder.name}.dist-info" / "RECORD").unlink()
        for old in dist.glob(f"{folder.name}-*.whl"):
            old.unlink()
        run(sys.executable, "-m", "wheel", "pack", "--dest-dir", dist, folder)
        made = next(dist.glob(f"{folder.name}-*.whl"))
        print(f"{made.relative_to(pathlib.Path.cwd())}: {made.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
