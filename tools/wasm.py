#!/usr/bin/env python3
"""Builds the page that explains in the browser: wasm.py BUILD-FOLDER OUT.html

The sources are those of the guide and of the rooms below it in BUILD-FOLDER, where they have to be built: their tables
are made by programs that run here. OUT.html is one file with everything in it; beside it, OUT.wasm is the module alone.
"""
import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
LIBRARIES = ("base", "reply", "mail", "logs", "guide")
TARGET = ["--target=wasm32-wasi", "--sysroot=/usr"]
COMPILE = ["-std=gnu17", "-O2", "-flto", "-fno-strict-aliasing", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-D_GNU_SOURCE"]
# a reactor has no main(); a stack of 1 MiB, as threads of the server have
LINK = ["-mexec-model=reactor", "-flto", "-Wl,--strip-all", "-Wl,--gc-sections", "-Wl,-z,stack-size=1048576"]
SCRIPTS = ("show.js", "packed.js", "form.js", "offline.js")
WORKER = ("zones.js", "worker.js")  # runs beside the page


def introspect(build, what):
    return json.loads(subprocess.check_output(["meson", "introspect", str(build), what]))


def sources(build):
    """Every C file that the guide is made of, and that of this page."""
    found = []
    for target in introspect(build, "--targets"):
        if target["name"] in LIBRARIES and "library" in target["type"]:
            for part in target["target_sources"]:
                found += part.get("sources", []) + part.get("generated_sources", [])
    return sorted({file for file in found if file.endswith(".c")}) + [str(TOP / "src/wasm/browser.c")]


def compile_one(file, folder, version):
    out = folder / (hashlib.sha256(file.encode()).hexdigest()[:16] + ".o")
    subprocess.run(["clang", *TARGET, *COMPILE, f'-DCANDOR_VERSION="{version}"', f"-I{TOP}/src", f"-I{TOP}/include",
                    "-c", file, "-o", str(out)], check=True)
    return str(out)


def build_module(build, out):
    folder = build / "wasm"
    folder.mkdir(exist_ok=True)
    version = introspect(build, "--projectinfo")["version"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda file: compile_one(file, folder, version), sources(build)))
    subprocess.run(["clang", *TARGET, *LINK, *objects, "-o", str(out)], check=True)


def one_script(names):
    """Scripts of the page as one: they import only from each other, and each name is used once."""
    text = "".join((TOP / "page" / name).read_text() for name in names)
    text = re.sub(r"^import .*\n", "", text, flags=re.M)
    return re.sub(r"^export ", "", text, flags=re.M)


def page_script(module):
    worker = one_script(WORKER).replace("@MODULE@", base64.b64encode(module).decode())
    return one_script(SCRIPTS).replace('"@WORKER@"', json.dumps(worker))


def source_hash(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def build_page(module):
    """The page of the server with style and scripts inside; it may load nothing at all."""
    style, script = (TOP / "page/page.css").read_text(), page_script(module)
    policy = (f"default-src 'none'; style-src {source_hash(style)}; script-src {source_hash(script)} 'wasm-unsafe-eval'; "
              "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'")
    page = (TOP / "page/index.html").read_text()
    for old, new in (('<meta charset="utf-8">', f'<meta charset="utf-8">\n  <meta http-equiv="Content-Security-Policy" content="{policy}">'),
                     ('<link rel="stylesheet" href="page.css">', f"<style>{style}</style>"),
                     ('<script type="module" src="page.js"></script>', f'<script type="module">{script}</script>')):
        if page.count(old) != 1:
            sys.exit(f"page/index.html has to have exactly one {old}")
        page = page.replace(old, new)
    return page


def main():
    build, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    module = out.with_suffix(".wasm")
    build_module(build, module)
    out.write_text(build_page(module.read_bytes()))


if __name__ == "__main__":
    main()
