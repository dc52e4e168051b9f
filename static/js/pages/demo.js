/** Opens the customer's link in a window of a phone's size, where the browser allows windows. */

const PHONE = "popup,width=390,height=780";

const link = document.getElementById("open-customer");
if (link instanceof HTMLAnchorElement && !matchMedia("(pointer: coarse)").matches) {
  link.addEventListener("click", (event) => {
    if (window.open(link.href, link.target, PHONE)) event.preventDefault();
  });
}
