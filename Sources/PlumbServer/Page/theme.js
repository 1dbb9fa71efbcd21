// Runs before the first paint, so that the page never flashes in the other theme.
{
  const themes = ["auto", "light", "dark"];
  const apply = (theme) => (document.documentElement.dataset.theme = theme);
  const stored = localStorage.getItem("plumb-theme");
  apply(themes.includes(stored) ? stored : "auto");

  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const describe = (theme) => {
      button.title = `Theme: ${theme}`;
      button.setAttribute("aria-label", button.title);
    };
    describe(document.documentElement.dataset.theme);
    button.addEventListener("click", () => {
      const next = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length];
      localStorage.setItem("plumb-theme", next);
      describe(apply(next));
    });
  });
}
