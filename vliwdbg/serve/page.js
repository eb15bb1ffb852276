// Keys are for the terminal from the start, without a click into it.
const terminal = document.getElementById("terminal");
new MutationObserver((_, observer) => {
  const keys = terminal.querySelector("textarea");
  if (keys) {
    keys.focus();
    observer.disconnect();
  }
}).observe(terminal, { childList: true, subtree: true });
