"""`python3 -m unittest -v`, with the seconds that each test took, in the form that tests/run reads."""

import time
import unittest


class Timed(unittest.TextTestResult):
    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.stream.writeln(f'test {test.id()} ... ok <{time.monotonic() - self.began:.3f}s>')


unittest.main(module=None, verbosity=2, testRunner=unittest.TextTestRunner(resultclass=Timed, verbosity=2))
