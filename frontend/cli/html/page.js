"use strict";
// All pages: buttons that copy the text beside them.  Without script they stay hidden.
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {  // a page opened from a file may not write the clipboard
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  });
}
