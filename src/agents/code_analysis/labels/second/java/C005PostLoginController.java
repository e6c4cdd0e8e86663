package com.acme.portal.web;

import java.security.Principal;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

@Controller
public class C005PostLoginController {

    private static final Logger log = LoggerFactory.getLogger(C005PostLoginController.class);

    private static final String DEFAULT_TARGET = "/home";
    private static final Map<String, String> TARGETS = Map.of(
            "orders", "/orders",
            "invoices", "/billing/invoices",
            "profile", "/account/profile",
            "support", "/support/tickets");

    @GetMapping("/after-login")
    public String afterLogin(@RequestParam(name = "next", required = false) String next, Principal principal) {
        String target = target(next);
        if (principal == null) {
            return "redirect:/login";
        }
        log.debug("user continues at {}", target);
        return "redirect:" + target;
    }

    @GetMapping("/login")
    public String login(@RequestParam(name = "next", required = false) String next,
                        @RequestParam(name = "error", required = false) String error,
                        Model model) {
        model.addAttribute("failed", error != null);
        model.addAttribute("next", TARGETS.containsKey(key(next)) ? key(next) : "");
        return "login";
    }

    private static String key(String next) {
        return next == null ? "" : next.trim().toLowerCase(Locale.ROOT);
    }

    private static String target(String next) {
        return TARGETS.getOrDefault(key(next), DEFAULT_TARGET);
    }
}
