package com.acme.noticeboard;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.servlet.ServletException;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.owasp.encoder.Encode;

@WebServlet("/notices")
public class C045NoticeServlet extends HttpServlet {

    private static final long serialVersionUID = 3L;

    private final transient List<Notice> notices = new CopyOnWriteArrayList<>();

    @Override
    public void init() {
        notices.add(new Notice("Maintenance", "The portal is not available on Sunday.", LocalDate.of(2022, 5, 8)));
        notices.add(new Notice("New office", "We moved to <Main Street> 5.", LocalDate.of(2022, 6, 1)));
    }

    @Override
    protected void doGet(HttpServletRequest req, HttpServletResponse resp) throws ServletException, IOException {
        String query = req.getParameter("q");
        resp.setContentType("text/html;charset=UTF-8");
        resp.setHeader("Content-Security-Policy", "default-src 'self'");
        PrintWriter out = resp.getWriter();
        out.println("<!DOCTYPE html><html><head><title>Notices</title></head><body>");
        out.println("<form><input name=\"q\" value=\"" + Encode.forHtmlAttribute(query == null ? "" : query) + "\"></form>");
        List<Notice> found = find(query);
        if (query != null) {
            out.println("<p>" + found.size() + " notices for " + Encode.forHtmlContent(query) + "</p>");
        }
        for (Notice n : found) {
            out.println("<h2>" + Encode.forHtml(n.title) + "</h2>");
            out.println("<p>" + Encode.forHtml(n.text) + " <small>" + n.day + "</small></p>");
        }
        out.println("</body></html>");
    }

    private List<Notice> find(String query) {
        if (query == null || query.isEmpty()) {
            return notices;
        }
        List<Notice> found = new ArrayList<>();
        for (Notice n : notices) {
            if (n.title.contains(query) || n.text.contains(query)) {
                found.add(n);
            }
        }
        return found;
    }

    private static final class Notice {
        final String title;
        final String text;
        final LocalDate day;

        Notice(String title, String text, LocalDate day) {
            this.title = title;
            this.text = text;
            this.day = day;
        }
    }
}
