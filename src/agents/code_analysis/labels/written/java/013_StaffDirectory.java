package com.acme.directory;

import java.util.ArrayList;
import java.util.List;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.DirContext;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.servlet.http.HttpServletRequest;

public class StaffDirectory {

    private static final String BASE = "ou=people,dc=acme,dc=example";

    private final DirContext context;

    public StaffDirectory(DirContext context) {
        this.context = context;
    }

    public List<String> mails(HttpServletRequest request) throws NamingException {
        String uid = request.getParameter("uid");
        SearchControls controls = new SearchControls();
        controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
        controls.setReturningAttributes(new String[] {"mail"});
        String filter = "(&(objectClass=inetOrgPerson)(uid=" + uid + "))";
        NamingEnumeration<SearchResult> found = context.search(BASE, filter, controls);
        List<String> mails = new ArrayList<>();
        while (found.hasMore()) {
            mails.add(String.valueOf(found.next().getAttributes().get("mail").get()));
        }
        return mails;
    }
}
