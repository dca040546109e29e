"""jupyter_kernel_test for one kernel: python conformance.py slimlab|python3

Prints a line of JSON for each test: {"name": ..., "result": "passed" | "skipped" | "failed", "detail": ...}.
The same tests run over ipykernel, which says what a kernel can be expected to pass.
"""

import json
import sys
import unittest

from harness import start
from jupyter_kernel_test import IopubWelcomeTests, KernelTests


class Started(KernelTests):
    """With the harness's patience at the start."""

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc, _ = start(cls.kernel_name)
        cls.kc.wait_for_ready(timeout=60)


class Slimlab(Started):
    kernel_name = "slimlab"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "Math.ab", "matches": {"abs"}},
        {"text": "JSON.", "matches": {"parse", "stringify"}},
        {"text": "'text'.toUpperC", "matches": {"toUpperCase"}},
        {"text": "processs_no_such_na"},
    ]
    complete_code_samples = ["1", "const x = 1;", "function f() {\n  return 1;\n}", "f()", "", "for (;;) break", "await f()"]
    incomplete_code_samples = ["if (x) {", "function f() {", "const x = `a", "f(", "/* open", "const x =", "[1,", "function f() {\n\n"]
    invalid_code_samples = ["import 7", "const = 3", "function function", ")", "let x x", "1 +* 2"]
    code_page_something = "Math.max?"
    code_generate_error = "throw new Error('wrong')"
    code_execute_result = [
        {"code": "6*7", "result": "42"},
        {"code": "[1, 'two']", "result": "[ 1, 'two' ]"},
        {"code": "await Promise.resolve({ a: 6*7 })", "result": "{ a: 42 }"},
        {
            "code": "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>6*7</b>', 'text/plain': '6*7' }) })",
            "result": "<b>6*7</b>",
            "mime": "text/html",
        },
    ]
    code_display_data = [
        {"code": "display(42)", "mime": "text/plain"},
        {"code": "display({ 'text/html': '<b>bold</b>', 'text/plain': 'bold' }, { raw: true })", "mime": "text/html"},
        {"code": "display({ 'image/png': 'AAAA', 'text/plain': 'dot' }, { raw: true })", "mime": "image/png"},
    ]
    code_history_pattern = "6?7*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math"
    code_clear_output = "clearOutput()"


class Ipykernel(Started):
    kernel_name = "python3"
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('oops', file=sys.stderr)"
    completion_samples = [
        {"text": "zi", "matches": {"zip"}},
        {"text": "processs_no_such_na"},
    ]
    complete_code_samples = ["1", "x = 1", "def f(x):\n  return 1\n", "f()", "", "await f()"]
    incomplete_code_samples = ["if x:", "def f(x):\n  x", "x = '''a", "f(", "[1,", "f(\n\n"]
    invalid_code_samples = ["import 7", "= 3", "def 3", ")", "x x"]
    code_page_something = "zip?"
    code_generate_error = "raise ValueError('wrong')"
    code_execute_result = [
        {"code": "6*7", "result": "42"},
        {"code": "[1, 'two']", "result": "[1, 'two']"},
        {"code": "dict(a=6*7)", "result": "{'a': 42}"},
        {"code": "from IPython.display import HTML; HTML('<b>6*7</b>')", "result": "<b>6*7</b>", "mime": "text/html"},
    ]
    code_display_data = [
        {"code": "display(42)", "mime": "text/plain"},
        {"code": "display({'text/html': '<b>bold</b>'}, raw=True)", "mime": "text/html"},
        {"code": "display({'image/png': 'AAAA'}, raw=True)", "mime": "image/png"},
    ]
    code_history_pattern = "6?7*"
    supported_history_operations = ("tail", "search")  # its reply to "range" names session 0
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"


class Welcome(IopubWelcomeTests):
    kernel_name = sys.argv[1]
    support_iopub_welcome = True


class Lines(unittest.TestResult):
    """Tells each test's result once, with all that failed in it."""

    def startTest(self, test):
        super().startTest(test)
        self.complaints, self.reason = [], None

    def addError(self, test, error):
        super().addError(test, error)
        if isinstance(test, unittest.TestCase):
            self.complaints.append(self.errors[-1][1])
        else:  # setUpClass: the kernel did not start
            self.tell(str(test), "failed", self.errors[-1][1])

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.complaints.append(self.failures[-1][1])

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.complaints.append(f"{subtest}: {(self.failures + self.errors)[-1][1]}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.reason = reason  # of one subtest or of all: no part of a test counts as passed that was skipped

    def stopTest(self, test):
        super().stopTest(test)
        result = "failed" if self.complaints else "skipped" if self.reason else "passed"
        self.tell(test._testMethodName, result, "\n".join(self.complaints) or self.reason)

    def tell(self, name, result, detail):
        print(json.dumps({"name": name, "result": result, "detail": detail}), flush=True)


if __name__ == "__main__":
    loader = unittest.defaultTestLoader
    tests = {"slimlab": Slimlab, "python3": Ipykernel}[sys.argv[1]]
    suite = unittest.TestSuite([loader.loadTestsFromTestCase(tests), loader.loadTestsFromTestCase(Welcome)])
    sys.exit(0 if suite.run(Lines()).wasSuccessful() else 1)
