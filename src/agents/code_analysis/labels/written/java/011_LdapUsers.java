package com.acme.directory;

import java.util.Optional;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.DirContext;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;

public class LdapUsers {

    private static final String BASE = "ou=people,dc=acme,dc=example";
    private static final String FILTER = "(&(objectClass=inetOrgPerson)(uid={0}))";

    private final DirContext context;

    public LdapUsers(DirContext context) {
        this.context = context;
    }

    public Optional<String> displayName(String uid) throws NamingException {
        SearchControls controls = new SearchControls();
        controls.setSearchScope(SearchControls.ONELEVEL_SCOPE);
        controls.setCountLimit(1);
        controls.setTimeLimit(3000);
        controls.setReturningAttributes(new String[] {"displayName"});
        controls.setReturningObjFlag(false);
        NamingEnumeration<SearchResult> results =
                context.search(BASE, FILTER, new Object[] {uid}, controls);
        try {
            if (!results.hasMore()) {
                return Optional.empty();
            }
            return Optional.of(String.valueOf(results.next().getAttributes().get("displayName").get()));
        } finally {
            results.close();
        }
    }
}
