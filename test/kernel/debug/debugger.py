"""A debugger's client, as JupyterLab 4.6 is one, over a kernel: python debugger.py slimlab

Prints a line of JSON for each scenario, as ../testbed.py does.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness import SECONDS, SOON, equal, main, of_type, scenario  # noqa: E402
from ipykernel.compiler import murmur2_x86  # noqa: E402

FUNCTION = """const base: number = 10;

function scale(value: number): number {
  const scaled = value * base;
  return scaled;
}
scale(1);
"""
CALL = "const answer = scale(4);\nconst text = `${answer}`;\ntext;\n"
LOOP = "let n = 0; console.log('on');\nwhile (true) {\n  n += 1;\n}\n"


def debug(kernel, command, arguments=None, ok=True):
    """The body of the answer to a debug_request."""
    content = {"type": "request", "seq": 1, "command": command, "arguments": arguments or {}}
    reply = kernel.ask("control", "debug_request", content)["content"]
    equal((reply["type"], reply["command"], reply["success"]), ("response", command, ok))
    return reply["body"]


def attach(kernel):
    debug(kernel, "disconnect")
    capabilities = debug(kernel, "initialize", {"clientID": "jupyterlab", "supportsVariablePaging": True})
    assert capabilities["supportsConditionalBreakpoints"], capabilities
    debug(kernel, "attach")
    kernel.drain(0.1)


def break_at(kernel, code, *lines):
    path = debug(kernel, "dumpCell", {"code": code})["sourcePath"]
    breakpoints = [{"line": line} for line in lines]
    body = debug(kernel, "setBreakpoints", {"source": {"path": path}, "breakpoints": breakpoints})
    assert all(one["verified"] for one in body["breakpoints"]), body
    debug(kernel, "configurationDone")
    return path


def event(kernel, kind, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while True:
        message = kernel.next_published(max(0.01, deadline - time.monotonic()))
        if message["msg_type"] == "debug_event" and message["content"]["event"] == kind:
            return message["content"]["body"]


def stopped(kernel):
    """Why a cell has stopped, and its frames."""
    body = event(kernel, "stopped")
    return body["reason"], debug(kernel, "stackTrace", {"threadId": body["threadId"]})["stackFrames"]


def scope(kernel, frame, name):
    scopes = {one["name"]: one for one in debug(kernel, "scopes", {"frameId": frame["id"]})["scopes"]}
    variables = debug(kernel, "variables", {"variablesReference": scopes[name]["variablesReference"]})
    return {one["name"]: one["value"] for one in variables["variables"]}


def go_on(kernel, id, status="ok"):
    debug(kernel, "continue", {"threadId": 1})
    equal(kernel.reply_to(id)["content"]["status"], status)


@scenario
def the_kernel_says_that_it_has_a_debugger(kernel):
    assert "debugger" in kernel.info["supported_features"], kernel.info
    equal(kernel.manager.kernel_spec.metadata["debugger"], True)
    info = debug(kernel, "debugInfo")
    equal((info["isStarted"], info["richRendering"], info["copyToGlobals"]), (False, True, True))
    path = debug(kernel, "dumpCell", {"code": CALL})["sourcePath"]
    name = murmur2_x86(CALL, info["hashSeed"])
    equal(path, f"{info['tmpFilePrefix']}{name}{info['tmpFileSuffix']}")


@scenario
def a_breakpoint_stops_a_cell_and_shows_its_variables(kernel):
    attach(kernel)
    path = break_at(kernel, FUNCTION, 5)
    for _ in range(2):
        id = kernel.start(FUNCTION)
        reason, frames = stopped(kernel)
        equal(reason, "breakpoint")
        equal([(f["name"], f["line"], f["source"]["path"]) for f in frames], [("scale", 5, path), ("<cell>", 7, path)])
        equal(scope(kernel, frames[0], "Locals"), {"(return value)": "10", "value": "1", "scaled": "10"})
        equal(scope(kernel, frames[0], "Globals")["base"], "10")
        go_on(kernel, id)
    equal(debug(kernel, "debugInfo")["breakpoints"], [{"source": path, "breakpoints": [{"line": 5}]}])


@scenario
def steps_go_by_lines_into_other_cells(kernel):
    attach(kernel)
    kernel.run(FUNCTION)
    path = break_at(kernel, CALL, 1)
    id = kernel.start(CALL)
    stopped(kernel)
    places = []
    for command in ("stepIn", "next", "stepOut", "next"):
        debug(kernel, command, {"threadId": 1})
        _, (top, *_) = stopped(kernel)
        places.append((top["name"], top["line"]))
    equal(places, [("scale", 4), ("scale", 5), ("<cell>", 2), ("<cell>", 3)])
    equal(debug(kernel, "evaluate", {"expression": "answer + base", "frameId": top["id"]})["result"], "50")
    equal(debug(kernel, "source", {"source": {"path": path}})["content"], CALL)
    go_on(kernel, id)
    equal(of_type(kernel.published_for(id), "execute_result")[0]["data"]["text/plain"], "'40'")


@scenario
def an_interrupt_ends_a_paused_cell(kernel):
    attach(kernel)
    break_at(kernel, LOOP, 3)
    id = kernel.start(LOOP)
    stopped(kernel)
    kernel.ask("control", "interrupt_request")
    reply = kernel.reply_to(id)["content"]
    equal((reply["status"], reply["ename"]), ("error", "Interrupted"))
    equal(debug(kernel, "debugInfo")["stoppedThreads"], [])
    time.sleep(0.4)
    path = break_at(kernel, CALL, 2)
    id = kernel.start(CALL)
    equal(stopped(kernel)[1][0]["source"]["path"], path)
    go_on(kernel, id)


@scenario
def an_interrupt_ends_a_busy_cell_without_a_stop(kernel):
    attach(kernel)
    id = kernel.start(LOOP.replace("n += 1", "n += 2"))
    kernel.until_printed("on")
    kernel.ask("control", "interrupt_request")
    equal(kernel.reply_to(id)["content"]["ename"], "Interrupted")
    equal(of_type(kernel.published_for(id), "debug_event"), [])
    equal(kernel.run("n > 0")[0]["status"], "ok")


@scenario
def an_interrupt_ends_awaits_that_never_wait(kernel):
    attach(kernel)
    for _ in range(3):
        id = kernel.start("console.log('on'); for (;;) await 1;")
        kernel.until_printed("on")
        time.sleep(0.1)
        kernel.ask("control", "interrupt_request")
        equal(kernel.reply_to(id)["content"]["ename"], "Interrupted")
        kernel.published_for(id)


@scenario
def a_busy_cell_can_be_paused_and_looked_at(kernel):
    attach(kernel)
    id = kernel.start(LOOP.replace("true", "n >= 0"))
    kernel.until_printed("on")
    names = [one["name"] for one in debug(kernel, "inspectVariables")["variables"]]
    assert "n" in names, names
    debug(kernel, "pause", {"threadId": 1})
    reason, (top, *_) = stopped(kernel)
    equal(reason, "pause")
    debug(kernel, "evaluate", {"expression": "n = -1", "frameId": top["id"]})
    go_on(kernel, id)


@scenario
def uncaught_exceptions_stop_where_they_are_thrown(kernel):
    attach(kernel)
    debug(kernel, "setExceptionBreakpoints", {"filters": ["uncaught"]})
    equal(kernel.run("try {\n  throw new Error('caught');\n} catch {}\n")[0]["status"], "ok")
    id = kernel.start("const reason = 'no';\nthrow new RangeError(reason);\n")
    reason, (top, *_) = stopped(kernel)
    equal((reason, top["line"]), ("exception", 2))
    equal(debug(kernel, "exceptionInfo", {"threadId": 1})["exceptionId"], "RangeError")
    go_on(kernel, id, "error")


@scenario
def variables_are_shown_richly_and_copied(kernel):
    attach(kernel)
    kernel.run('const figure = { [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>f</b>" }) };')
    data = debug(kernel, "richInspectVariables", {"variableName": "figure"})["data"]
    equal(data["text/html"], "<b>f</b>")
    code = "function inner(): number {\n  const kept = 5;\n  return kept;\n}\ninner();\n"
    break_at(kernel, code, 3)
    id = kernel.start(code)
    _, (top, *_) = stopped(kernel)
    names = {"srcVariableName": "kept", "dstVariableName": "copied", "srcFrameId": top["id"]}
    debug(kernel, "copyToGlobals", names)
    go_on(kernel, id)
    _, published = kernel.run("copied + 1")
    equal(of_type(published, "execute_result")[0]["data"]["text/plain"], "6")


@scenario
def a_disconnect_lets_all_go_on(kernel):
    attach(kernel)
    break_at(kernel, FUNCTION, 4)
    id = kernel.start(FUNCTION)
    stopped(kernel)
    debug(kernel, "disconnect", {"restart": False, "terminateDebuggee": False})
    equal(kernel.reply_to(id)["content"]["status"], "ok")
    equal(kernel.run(FUNCTION)[0]["status"], "ok")
    debug(kernel, "setBreakpoints", {"source": {"path": "x"}, "breakpoints": []}, ok=False)


@scenario
def a_shutdown_ends_a_paused_kernel(kernel):
    attach(kernel)
    break_at(kernel, LOOP, 3)
    kernel.start(LOOP)
    stopped(kernel)
    kernel.ask("control", "shutdown_request", {"restart": False})
    deadline = time.monotonic() + SOON
    while kernel.manager.is_alive():
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.01)


if __name__ == "__main__":
    main()
