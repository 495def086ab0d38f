import { createRoot } from "react-dom/client";
import "./theme/theme.css";
import "./theme/print.css";
import { SelfLearningPage } from "./SelfLearningPage";

const root = document.getElementById("root");
if (root) createRoot(root).render(<SelfLearningPage />);
