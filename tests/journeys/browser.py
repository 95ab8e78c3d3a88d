"""A real Chromium, driven by the protocol of its developer tools over a pipe. It can resolve no name."""
import base64
import json
import os
import subprocess

from waiting import until

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe",
             "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]

# In a page of ours: what was answered, once it is there.
SHOWN = "document.querySelector('#result h2') && document.querySelector('#result').outerHTML"


class Browser:
    """One window with one page."""

    def __init__(self, folder):
        to_it, self.pipe = os.pipe()
        self.answers, from_it = os.pipe()
        self.rest, self.number, self.session = b"", 0, None
        # it reads commands from its descriptor 3 and writes to its descriptor 4
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec chromium "$@" 3<&{to_it} 4>&{from_it}', "chromium", *ARGUMENTS, f"--user-data-dir={folder}/profile"],
            pass_fds=(to_it, from_it), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_it)
        os.close(from_it)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.pipe)
        self.process.terminate()
        self.process.wait(30)
        os.close(self.answers)

    def message(self):
        while b"\0" not in self.rest:
            got = os.read(self.answers, 1 << 20)
            assert got, "the browser is gone"
            self.rest += got
        one, _, self.rest = self.rest.partition(b"\0")
        return json.loads(one)

    def call(self, method, **params):
        """Does it, and waits for the answer; what the browser tells besides is passed over."""
        self.number += 1
        asked = {"id": self.number, "method": method, "params": params}
        if self.session:
            asked["sessionId"] = self.session
        data = json.dumps(asked).encode() + b"\0"
        while data:
            data = data[os.write(self.pipe, data):]
        while (answer := self.message()).get("id") != self.number:
            pass
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def evaluate(self, script):
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        until(lambda: self.evaluate("document.readyState === 'complete' && location.href !== 'about:blank'"), url)

    def until(self, script):
        """Waits until the script's value is true, which is returned."""
        return until(lambda: self.evaluate(script), lambda: self.evaluate("document.body.innerText"))

    def size(self, width, height, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def picture(self, file):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(data))

    def press(self, key, code, command=None):
        """One key with Ctrl; `command` is what an editor does then, which a headless browser has to be told."""
        for kind in ("rawKeyDown", "keyUp"):
            commands = [command] if command and kind == "rawKeyDown" else []
            self.call("Input.dispatchKeyEvent", type=kind, modifiers=2, key=key, code=f"Key{key.upper()}" if len(key) == 1 else key,
                      windowsVirtualKeyCode=code, commands=commands)

    def paste(self, text):
        """Puts a text on the clipboard of the browser, by copying it from a page, and pastes it where the focus is."""
        self.evaluate("""(() => { const was = document.activeElement, area = document.createElement("textarea");
            area.value = %s; document.body.append(area); area.select(); window.before = [was, area]; })()""" % json.dumps(text))
        self.press("c", 67, "copy")
        self.evaluate("before[1].remove(); before[0].focus()")
        self.press("v", 86, "paste")

    def drop(self, file, x=200, y=200):
        """Drops a file of the disk on the page."""
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
