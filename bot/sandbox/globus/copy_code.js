// A button that copies the code, where the browser lets a page do so; without it the code can be selected.
const code = document.getElementById("code");
const answers = document.querySelector(".answers");
const said = document.querySelector("[role=status]");

if (code && answers && navigator.clipboard) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "main";
  button.textContent = "Copy the code";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent.trim());
      said.textContent = "Copied. Now go back and paste it.";
    } catch {
      getSelection().selectAllChildren(code);
      said.textContent = "It is selected: press Ctrl+C, or ⌘C.";
    }
  });
  answers.prepend(button);
}
