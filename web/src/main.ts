/** Puts the page together. */

import { Page } from "./page";

new Page().start();
