"""The 27 scenarios of https://github.com/runtimed/kernel-testbed, in its four tiers, written anew."""

from harness import equal, main, of_type, scenario

# Tier 1: basic protocol


@scenario
def heartbeat_responds(kernel):
    equal(kernel.heartbeat(b"are you there?"), b"are you there?")


@scenario
def iopub_welcome(kernel):
    equal(kernel.welcome["msg_type"], "iopub_welcome")
    equal(kernel.welcome["content"], {"subscription": ""})


@scenario
def kernel_info_reply_valid(kernel):
    equal(kernel.info["status"], "ok")
    assert kernel.info["implementation"] and kernel.info["banner"]


@scenario
def kernel_info_has_language_info(kernel):
    language = kernel.info["language_info"]
    equal(language["name"], kernel.say("typescript", "python"))
    equal(language["file_extension"], kernel.say(".ts", ".py"))
    assert language["version"] and language["mimetype"]


@scenario
def kernel_info_has_protocol_version(kernel):
    major, minor, *_ = kernel.info["protocol_version"].split(".")
    equal((major, int(minor) >= 3), ("5", True))


@scenario
def execute_stdout(kernel):
    _, messages = kernel.run(kernel.say("console.log('hello')", "print('hello')"))
    equal(kernel.printed(messages), "hello\n")


@scenario
def execute_stderr(kernel):
    _, messages = kernel.run(kernel.say("console.error('oops')", "import sys; print('oops', file=sys.stderr)"))
    equal(kernel.printed(messages, "stderr"), "oops\n")


@scenario
def execute_reply_ok(kernel):
    reply, _ = kernel.run(kernel.say("const one = 1", "one = 1"))
    equal(reply["status"], "ok")
    equal((reply["user_expressions"], reply["payload"]), ({}, []))


@scenario
def status_busy_idle_lifecycle(kernel):
    _, messages = kernel.run("1")
    states = [content["execution_state"] for content in of_type(messages, "status")]
    equal(states, ["busy", "idle"])
    equal((messages[0]["msg_type"], messages[-1]["msg_type"]), ("status", "status"))


@scenario
def execute_input_broadcast(kernel):
    reply, messages = kernel.run("1 + 2")
    equal(of_type(messages, "execute_input"), [{"code": "1 + 2", "execution_count": reply["execution_count"]}])


# Tier 2: what a person asks while typing


@scenario
def complete_request(kernel):
    kernel.run(kernel.say("const variableToComplete = 42", "variableToComplete = 42"))
    code = "variableToC"
    content = kernel.ask("shell", "complete_request", {"code": code, "cursor_pos": len(code)})["content"]
    equal((content["status"], content["matches"]), ("ok", ["variableToComplete"]))
    equal((content["cursor_start"], content["cursor_end"]), (0, len(code)))


@scenario
def inspect_request(kernel):
    kernel.run(kernel.say("const variableToInspect = 42", "variableToInspect = 42"))
    request = {"code": "variableToInspect", "cursor_pos": 5, "detail_level": 0}
    content = kernel.ask("shell", "inspect_request", request)["content"]
    equal((content["status"], content["found"]), ("ok", True))
    assert "42" in content["data"]["text/plain"] or "number" in content["data"]["text/plain"], content


@scenario
def is_complete_complete(kernel):
    equal(kernel.ask("shell", "is_complete_request", {"code": "f(1)"})["content"]["status"], "complete")


@scenario
def is_complete_incomplete(kernel):
    content = kernel.ask("shell", "is_complete_request", {"code": kernel.say("if (x) {", "if x:")})["content"]
    equal((content["status"], content["indent"].strip()), ("incomplete", ""))


@scenario
def history_request(kernel):
    kernel.run("123 + 4")
    request = {"hist_access_type": "tail", "n": 1, "output": False, "raw": True}
    content = kernel.ask("shell", "history_request", request)["content"]
    equal((content["status"], content["history"][0][2]), ("ok", "123 + 4"))


@scenario
def comm_info_request(kernel):
    content = kernel.ask("shell", "comm_info_request")["content"]
    equal((content["status"], type(content["comms"])), ("ok", dict))


@scenario
def error_handling(kernel):
    for code in (kernel.say("function function", "def class"), kernel.say("throw new Error('x')", "raise ValueError('x')")):
        reply, messages = kernel.run(code)
        [error] = of_type(messages, "error")
        equal((reply["status"], reply["ename"], reply["evalue"]), ("error", error["ename"], error["evalue"]))
        assert error["ename"] and all(isinstance(line, str) for line in error["traceback"])


# Tier 3: rich output


@scenario
def display_data(kernel):
    show = "display({ 'text/html': '<b>bold</b>', 'text/plain': 'bold' }, { raw: true })"
    _, messages = kernel.run(kernel.say(show, "display({'text/html': '<b>bold</b>', 'text/plain': 'bold'}, raw=True)"))
    [shown] = of_type(messages, "display_data")
    equal(shown["data"], {"text/html": "<b>bold</b>", "text/plain": "bold"})
    equal(shown["metadata"], {})


@scenario
def update_display_data(kernel):
    typescript = """display({ "text/plain": "one" }, { raw: true, displayId: "its id" });
display({ "text/plain": "two" }, { raw: true, displayId: "its id", update: true });"""
    python = """_ = display({"text/plain": "one"}, raw=True, display_id="its id")
from IPython.display import update_display
update_display({"text/plain": "two"}, raw=True, display_id="its id")"""
    _, messages = kernel.run(kernel.say(typescript, python))
    for kind, text in (("display_data", "one"), ("update_display_data", "two")):
        [shown] = of_type(messages, kind)
        equal((shown["data"], shown["transient"]["display_id"]), ({"text/plain": text}, "its id"))


@scenario
def execute_result(kernel):
    reply, messages = kernel.run("1 + 1")
    [result] = of_type(messages, "execute_result")
    equal((result["data"], result["execution_count"]), ({"text/plain": "2"}, reply["execution_count"]))


@scenario
def rich_execute_result(kernel):
    typescript = "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>bold</b>', 'text/plain': 'bold' }) })"
    _, messages = kernel.run(kernel.say(typescript, "from IPython.display import HTML; HTML('<b>bold</b>')"))
    [result] = of_type(messages, "execute_result")
    equal(result["data"]["text/html"], "<b>bold</b>")


# Tier 4: the rest


@scenario
def stdin_input_request(kernel):
    code = kernel.say("const line = await input('Line: ');\nconsole.log(line)", "print(input('Line: '))")
    id = kernel.start(code, allow_stdin=True)
    request = kernel.client.get_stdin_msg(timeout=10)
    equal((request["msg_type"], request["content"]), ("input_request", {"prompt": "Line: ", "password": False}))
    equal(request["parent_header"]["msg_id"], id)
    kernel.client.input('"typed"')
    equal(kernel.reply_to(id)["content"]["status"], "ok")
    equal(kernel.printed(kernel.published_for(id)), '"typed"\n')


@scenario
def comms_lifecycle(kernel):
    opened = {"comm_id": "a comm", "target_name": "a target that nobody registered", "data": {}}
    messages = kernel.published_for(kernel.send("shell", "comm_open", opened))
    equal([content["comm_id"] for content in of_type(messages, "comm_close")], ["a comm"])
    equal(kernel.run("1")[0]["status"], "ok")


@scenario
def interrupt_request(kernel):
    equal(kernel.ask("control", "interrupt_request")["content"], {"status": "ok"})
    equal(kernel.run("1")[0]["status"], "ok")


@scenario
def execution_count_increments(kernel):
    first, second = (kernel.run("1")[0]["execution_count"] for _ in range(2))
    equal(second, first + 1)


@scenario
def parent_header_correlation(kernel):
    id = kernel.start(kernel.say("console.log('hello'); 3", "print('hello'); 3"))
    reply = kernel.reply_to(id)
    messages = kernel.published_for(id)
    kinds = {message["msg_type"] for message in messages}
    equal(kinds, {"status", "execute_input", "stream", "execute_result"})
    for message in [reply, *messages]:
        equal(message["parent_header"]["session"], kernel.client.session.session)
        equal(message["parent_header"]["msg_type"], "execute_request")


@scenario
def shutdown_reply(kernel):
    equal(kernel.ask("control", "shutdown_request", {"restart": False})["content"], {"status": "ok", "restart": False})
    for _ in range(40):
        kernel.drain(0.05)
        if not kernel.manager.is_alive():
            return
    raise AssertionError("the kernel lives on after its reply to a shutdown")


if __name__ == "__main__":
    main()
