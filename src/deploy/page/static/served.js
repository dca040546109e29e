"use strict";
// Modules are not loaded from files: this script is, and says so.
if (location.protocol === "file:") {
  const error = document.getElementById("error");
  error.textContent =
    'Cannot load the model: expected a page from a server, got a file. Run "python -m http.server" in this folder and open http://localhost:8000';
  error.hidden = false;
  document.body.classList.add("failed");
}
